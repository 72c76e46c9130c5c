import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Child } from '../helpers/child.ts';
import { allDone, deadLetters, listenTimings, withListeners } from '../helpers/listening.ts';
import { aReceiver, type Receiver, webhookTo } from '../helpers/receiver.ts';
import { aRedis } from '../helpers/redis.ts';
import { aProject, customers, eventually, type Project } from '../helpers/sync.ts';

/** Events; `npm run test:soak` has more. */
const many = Number(process.env.SYNC_EVENTS ?? 4000);

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
  const harms = ['restart', 'restart', 'flush', 'restart', 'restart', 'none', 'none', 'none'];
  for (const harm of harms) {
    await sleep(800);
    // A busy machine needs longer than that to start a daemon: each harm meets daemons that deliver.
    const before = distinct(receiver);
    await eventually(() => distinct(receiver) > before || distinct(receiver) >= many, 90_000);
    await herd.lose('SIGKILL');
    herd.join();
    if (harm === 'flush') await redis.client.flushall();
    else if (harm === 'restart') await redis.restart();
  }
  await eventually(() => distinct(receiver) >= many, 90_000);
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
