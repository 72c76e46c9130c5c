import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { expect } from 'vitest';
import type { Child } from './child.ts';
import type { ClusterSetup } from './cluster.ts';
import { listenTimings } from './listening.ts';
import { aModel, type Model, pageAfter, smallPages } from './model.ts';
import { expectPromisesKept } from './promises.ts';
import { aReceiver, type Receiver, webhookTo } from './receiver.ts';
import type { SentinelSetup } from './sentinel.ts';
import { settle } from './settle.ts';
import { aProject, eventually, type Project } from './sync.ts';
import type { Takeovers } from './takeovers.ts';

const recordCount = 2000;
const pageSize = 200;
/** What cron's minute is here, and the third party's. */
const everyMs = 1000;
const per = '100ms';
const enoughEvents = 10_000;
/**
 * What a command waits for, and what a machine with too much to do needs: a daemon that loses its lease three times while it
 * delivers the same event would take that event for one that ends daemons.
 */
const timings = { redisConnectMs: 500, redisCommandMs: 1000, redisAskMs: 300, slotReserveMs: 1500, groupLeaseMs: 6000 };
/** On a machine with too much to do, everything takes longer; a run that takes longer than this does not end by itself. */
const budgetMs = 60_000;

/** How one run ended. */
interface Ended {
  readonly end: number | string | null;
  readonly tookMs: number;
  readonly said: string;
}

/** Starts runs every second and lets two daemons deliver, while all of this happens to Redis; then judges every promise. */
export async function surviveAll(
  shape: string,
  redis: SentinelSetup | ClusterSetup,
  takeoversOf: (project: Project) => Takeovers,
): Promise<void> {
  await using receiver = await aReceiver();
  const client = redis.client as Redis;
  await using project = await aProject({
    ...{ redis: { client, url: '', place: redis.place }, ttl: '5s', throttle: { per, margin: '5ms', wait: '2s' } },
    timings: { ...listenTimings, ...timings },
    config: (config) => ({
      ...smallPages(config),
      listeners: { notify: webhookTo(receiver, { concurrency: 16, attempts: 100 }) },
    }),
  });
  const model = aModel(1);
  project.party.serveBy(pageAfter(pageSize));
  change(model, project, recordCount);

  const daemons = [project.start(['listen']), project.start(['listen'])];
  const over = new AbortController();
  const runs: Ended[] = [];
  const starting = keepStarting(project, runs, over.signal);
  const changing = keepChanging(model, project, over.signal);
  try {
    await takeOver(takeoversOf(project), { redis, receiver, runs });
    await untilEnough(project);
  } finally {
    over.abort();
    await Promise.all([starting, changing]);
  }
  await settle(project);
  await eventually(() => daemons.every((daemon) => daemon.stderr().includes('listening for')));
  expect(await stop(daemons)).toEqual([0, 0]);
  expect((await project.sync(['listen', '--drain'])).exitCode).toBe(0);
  await report(shape, runs, project);

  expect(runs.filter(({ end }) => ![0, 69, 75].includes(Number(end)))).toEqual([]);
  await expectPromisesKept(project, model, receiver);
}

interface Scene {
  readonly redis: { isWhole(): Promise<void> };
  readonly receiver: Receiver;
  readonly runs: readonly Ended[];
}

/** One after the other, each while runs end well and events are delivered. */
async function takeOver(takeovers: Takeovers, { redis, receiver, runs }: Scene): Promise<void> {
  const good = () => runs.filter(({ end }) => end === 0).length;
  for (const happen of Object.values(takeovers)) {
    const [before, taken] = [good(), receiver.taken().length];
    await eventually(() => good() > before && receiver.taken().length > taken, 3 * budgetMs);
    await happen();
    await redis.isWhole();
  }
}

/** Starts a run every second, unless three are at work: a machine may be slower than that. */
async function keepStarting(project: Project, runs: Ended[], over: AbortSignal): Promise<void> {
  const atWork = new Set<Promise<void>>();
  while (!over.aborted) {
    if (atWork.size < 3) {
      const run = watch(project.start(['run', '--json'])).then((ended) => void runs.push(ended));
      atWork.add(run);
      run.finally(() => atWork.delete(run));
    }
    await sleep(everyMs);
  }
  await Promise.all(atWork);
}

async function watch(run: Child): Promise<Ended> {
  const startedAt = performance.now();
  const late = setTimeout(() => run.kill('SIGKILL'), budgetMs);
  const { exitCode, signal, stdout, stderr } = await run.finished;
  clearTimeout(late);
  return { end: signal ?? exitCode, tookMs: performance.now() - startedAt, said: stdout + stderr };
}

async function keepChanging(model: Model, project: Project, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    change(model, project, recordCount / 4);
    await sleep(500);
  }
}

function change(model: Model, project: Project, count: number): void {
  for (let n = 1; n <= count; n += 1) {
    const key = count === recordCount ? n : randomInt(2, recordCount + 1);
    if (randomInt(20) === 0) model.remove(key);
    else model.put(key);
  }
  project.serve(model.records());
}

/** It reads all of them: this process, through which everything flows, must not do that all the time. */
async function untilEnough(project: Project): Promise<void> {
  const end = performance.now() + 5 * budgetMs;
  for (let count = await countEvents(project); count < enoughEvents; count = await countEvents(project)) {
    expect(performance.now(), `${count} events`).toBeLessThan(end);
    await sleep(everyMs);
  }
}

async function countEvents({ database }: Project): Promise<number> {
  return (await database.events()).length;
}

async function stop(daemons: readonly Child[]): Promise<readonly (number | null)[]> {
  for (const daemon of daemons) daemon.kill('SIGTERM');
  return Promise.all(daemons.map(async (daemon) => (await daemon.finished).exitCode));
}

async function report(shape: string, runs: readonly Ended[], project: Project): Promise<void> {
  const ends = Map.groupBy(runs, ({ end }) => end);
  const { arrivals, tooEarly } = project.party;
  const report = {
    ...{ shape, runs: runs.length, events: await countEvents(project), hits: arrivals.length },
    ends: Object.fromEntries([...ends].map(([end, { length }]) => [end, length])),
    longestRunMs: Math.round(Math.max(...runs.map(({ tookMs }) => tookMs))),
    ...{ early: tooEarly.length, smallestGapMs: Math.min(...arrivals.map(({ gapMs }) => gapMs)) },
  };
  console.log(JSON.stringify(report));
}
