import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Child } from '../helpers/child.ts';
import { allDone, deadLetters, listenTimings, withListeners } from '../helpers/listening.ts';
import { aReceiver, type Receiver, webhookTo } from '../helpers/receiver.ts';
import { aRedis } from '../helpers/redis.ts';
import { aProject, customers, eventually, type Project } from '../helpers/sync.ts';

const many = process.env.CI ? 4000 : 12_000;

/** Daemons of which one is killed now and then, and another one started in its place. */
class Herd {
  readonly #project: Project;
  readonly #daemons: Child[] = [];

  constructor(project: Project, size: number) {
    this.#project = project;
    for (let at = 0; at < size; at += 1) this.join();
  }

  join(): void {
    this.#daemons.push(this.#project.start(['listen']));
  }

  async lose(signal: NodeJS.Signals): Promise<void> {
    const [victim] = this.#daemons.splice(Math.floor(Math.random() * this.#daemons.length), 1);
    victim?.kill(signal);
    await victim?.finished;
  }

  async stop(): Promise<readonly (number | null)[]> {
    await Promise.all(this.#daemons.map((daemon) => eventually(() => daemon.stderr().includes('listening for'))));
    for (const daemon of this.#daemons) daemon.kill('SIGTERM');
    return Promise.all(this.#daemons.map(async (daemon) => (await daemon.finished).exitCode));
  }
}

function distinct(receiver: Receiver): number {
  return new Set(receiver.taken().map(({ event }) => event.id)).size;
}

test('no event is lost while listeners are killed, Redis is killed and restarted, and everything in it is flushed', async () => {
  const redis = await aRedis({ aof: true });
  await using receiver = await aReceiver();
  receiver.answer((_event, nth) => (nth % 10 === 0 ? 500 : 200));
  await using project = await aProject({
    redis,
    records: customers(many),
    timings: listenTimings,
    config: withListeners({ notify: webhookTo(receiver, { shards: 3, attempts: 50 }) }),
  });
  const herd = new Herd(project, 3);
  const run = project.start(['run', '--json']);
  const done = eventually(() => distinct(receiver) >= many, 90_000);
  let isDone = false;
  done.finally(() => {
    isDone = true;
  });
  const harm = ['restart', 'restart', 'flush', 'restart', 'restart'];
  while (!isDone || harm.length > 0) {
    await sleep(800);
    await herd.lose('SIGKILL');
    herd.join();
    const next = harm.shift();
    if (next === 'flush') await redis.client.flushall();
    else if (next === 'restart') await redis.restart();
  }
  await done;
  const ran = await run.finished;
  if (ran.exitCode !== 0) await project.sync();
  await allDone(project);
  expect(await herd.stop()).toEqual([0, 0, 0]);

  const ids = new Set(project.events().map(({ id }) => id));
  const taken = receiver.taken();
  expect(new Set(taken.map(({ event }) => event.id))).toEqual(ids);
  expect(deadLetters(project)).toEqual([]);
  console.log(`${taken.length - ids.size} duplicates of ${ids.size} events`);
  await redis.stop();
});
