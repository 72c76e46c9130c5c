import { expect } from 'vitest';
import type { Summary } from '../../src/run/summary.ts';
import type { Child, Finished, SyncOptions } from './child.ts';
import type { TargetType } from './crash-points.ts';
import { listenTimings } from './listening.ts';
import { aModel, type Model, pageAfter, smallPages } from './model.ts';
import { aPlace, type Place } from './place.ts';
import { expectPromisesKept } from './promises.ts';
import { aReceiver, type Receiver, webhookTo } from './receiver.ts';
import type { RedisPair } from './redis-pair.ts';
import { type Change, type RedisHarm, type Run, recordCount, type Step, type Visit, visitOf } from './schedule.ts';
import { aProject, eventually, type Project } from './sync.ts';

/** A machine with too much to do is a fault too, of the run that says so itself, or that a back-off stopped which it says was for that. */
const tooSlow = /the slot grew old|can no longer trust|the lock could not be renewed in time|did not answer in time/;

/**
 * In how many runs the schedule's last step may still be felt: a request that nobody read has made the resource back off, or a
 * transaction that nobody ends is for its server to end. Both are over in 2 s; what is unreachable for longer is a bug.
 */
const mostUnreachable = 3;

interface Parts {
  readonly redis: RedisPair;
  readonly receiver: Receiver;
  readonly place: Place;
  readonly project: Project;
  readonly opened: AsyncDisposableStack;
}

/** A sync, its listener and the servers that they need, to which anything may happen. */
export class World implements AsyncDisposable {
  /** What happened, a line for each step. */
  readonly story: string[] = [];
  /** Where runs were to die, sleep or be hurt, and whether they came by there. */
  readonly visits: Visit[] = [];
  readonly #parts: Parts;
  readonly #model: Model = aModel(recordCount + 1);
  #daemon: Child | undefined;

  static async open(target: TargetType, redis: RedisPair): Promise<World> {
    await using opening = new AsyncDisposableStack();
    const receiver = opening.use(await aReceiver());
    const place = await aPlace(target, opening);
    const project = opening.use(
      await aProject({
        ...{ redis, target: place.target, ttl: '30s', throttle: { per: '60ms', margin: '5ms', wait: '5s' } },
        timings: { ...listenTimings, slotReserveMs: 1200, targetBusyMs: 500, targetIdleMs: 1500 },
        config: (config) => ({ ...smallPages(config), listeners: { notify: webhookTo(receiver) } }),
      }),
    );
    return new World({ redis, receiver, place, project, opened: opening.move() });
  }

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.project.party.serveBy(pageAfter(8));
    this.#change([]);
  }

  /** Takes one step. Fails the test if a run ends in a way that no promise allows. */
  async take(step: Step): Promise<void> {
    if (step.is === 'run') return this.#runInto(step);
    this.story.push(JSON.stringify(step));
    if (step.is === 'redis') await this.#harmRedis(step.harm);
    else if (step.is === 'cut') await this.#parts.place.cut();
    else if (step.is === 'listen') this.#daemon ??= this.#parts.project.start(['listen']);
    else await this.#silence('SIGKILL');
  }

  /** Nothing goes wrong any more: runs until nothing changes, the listener until it has heard everything; then judges. */
  async settle(): Promise<void> {
    const { project, receiver } = this.#parts;
    const daemon = this.#daemon;
    if (daemon) await Promise.race([eventually(() => isListening(daemon)), daemon.finished]);
    await this.#silence('SIGTERM');
    await this.#freeLock();
    const runs: Summary[] = [];
    while (!areDone(runs.slice(-2))) {
      runs.push((await this.#ended('settling run', this.#cleanRun(), [0, 69])).json());
      const outcomes = `runs: ${runs.map(({ outcome }) => outcome)}`;
      expect(runs.length, outcomes).toBeLessThan(30);
      expect(runs.filter(({ exitCode }) => exitCode === 69).length, outcomes).toBeLessThanOrEqual(mostUnreachable);
    }
    await this.#ended('drain', project.sync(['listen', '--drain']), [0]);
    await expectPromisesKept(project, this.#model, receiver);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.opened.disposeAsync();
  }

  async #runInto(step: Run): Promise<void> {
    const { harm, at, before } = step;
    this.#change(before);
    await this.#freeLock();
    if (harm === 'none') return void (await this.#ended('run', this.#cleanRun(), [0]));
    if (harm === 'die') {
      const dying = this.#run({ env: { SYNC_CRASH_AT: at } });
      const { signal } = await this.#ended(`run, dies at ${at}`, dying.finished, ['SIGKILL', 0]);
      return void this.visits.push(visitOf(step, signal === 'SIGKILL'));
    }
    const run = this.#run({ env: { SYNC_CRASH_AT: `${at}:SIGSTOP` } });
    const isStopped = await run.isHalted();
    this.visits.push(visitOf(step, isStopped));
    if (isStopped) await this.#hurt(step, run);
    run.cont();
    await this.#ended(`run, ${harm} at ${at}`, run.finished, isStopped ? [0, 69, 75] : [0]);
  }

  async #hurt({ harm, meanwhile }: Run, run: Child): Promise<void> {
    this.#change(meanwhile);
    if (harm === 'sleep') await this.#freeLock();
    if (harm === 'sleep' || harm === 'sleep with the lock') await this.#wakeBesideAnother(run);
    else if (harm === 'cut') await this.#parts.place.cut();
    else if (harm !== 'none' && harm !== 'die') await this.#harmRedis(harm);
  }

  async #wakeBesideAnother(sleeper: Child): Promise<void> {
    const isHeld = (await this.#parts.redis.client.exists(this.#parts.project.lockKey)) === 1;
    const { exitCode } = await this.#ended('  meanwhile another run', this.#cleanRun(), isHeld ? [75] : [0, 69, 75]);
    const before = await this.#written();
    sleeper.cont();
    await sleeper.finished;
    const after = await this.#written();
    // Whoever ended well has taken over: the one that slept is fenced out, unless it had yet to claim the target.
    if (exitCode === 0 && after.fence === before.fence) expect(after).toEqual(before);
  }

  async #harmRedis(harm: RedisHarm): Promise<void> {
    const { redis } = this.#parts;
    if (harm === 'flush') await redis.client.flushall();
    else await redis[harm]();
  }

  async #silence(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const daemon = this.#daemon;
    daemon?.kill(signal);
    if (daemon) {
      const byItself = isListening(daemon) ? [] : [69];
      await this.#ended('daemon', daemon.finished, [signal === 'SIGTERM' ? 0 : signal, ...byItself]);
    }
    this.#daemon = undefined;
  }

  #cleanRun(): Promise<Finished> {
    return this.#parts.project.sync(['run', '--json']);
  }

  #run(options: SyncOptions): Child {
    return this.#parts.project.start(['run', '--json'], options);
  }

  async #ended(what: string, ended: Promise<Finished>, allowed: readonly (number | string)[]): Promise<Finished> {
    const finished = await ended;
    const end = finished.signal ?? finished.exitCode;
    this.story.push(`${what}: ${end}`);
    const said = `${what}\n${finished.stdout}${finished.stderr}`;
    expect(tooSlow.test(said) ? [...allowed, 69, 75] : allowed, said).toContain(end);
    return finished;
  }

  /** Whoever held it is dead, or has slept for longer than it lasts. */
  async #freeLock(): Promise<void> {
    await this.#parts.redis.client.del(this.#parts.project.lockKey);
  }

  #change(changes: readonly Change[]): void {
    for (const { is, key } of changes) {
      if (is === 'put') this.#model.put(key);
      else this.#model.remove(key);
    }
    this.#parts.project.serve(this.#model.records());
  }

  async #written() {
    const { database } = this.#parts.project;
    const [lease] = await database.query('SELECT fence FROM _sync_lease');
    return { fence: lease?.fence, rows: await database.rows(), events: await database.events() };
  }
}

/** Before that it may end with 69: it was started while Redis, or the database, was away. */
function isListening(daemon: Child): boolean {
  return daemon.stderr().includes('listening for');
}

/** Two in a row: the second one has found nothing. */
function areDone(runs: readonly Summary[]): boolean {
  return runs.length === 2 && runs.every(({ outcome }) => outcome === 'done');
}
