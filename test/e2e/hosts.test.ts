import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { findFaketime } from '../../scripts/faketime.ts';
import { type HostRun, keepHarming, keepRunning } from '../helpers/hosts.ts';
import { aModel, type Model, pageAfter, smallPages } from '../helpers/model.ts';
import { aPostgres } from '../helpers/postgres.ts';
import { aRedisPair } from '../helpers/redis-pair.ts';
import { settle } from '../helpers/settle.ts';
import { aProject, eventually, expectInStep, type Project } from '../helpers/sync.ts';
import { expectOneWriterAtATime, noteWriters } from '../helpers/writers.ts';

/** How many seconds the wall clock of each host is ahead. */
const clocks = [-3600, -2500, -900, -30, 5, 300, 1800, 3600];

/** What cron's minute is here, and the third party's. */
const everyMs = 1500;
const per = '300ms';

const recordCount = 60;

/** SYNC_HOSTS_SECONDS makes it longer, as `npm run test:soak` does; a minute brings some 120 hits on a free machine. */
const durationMs = Number(process.env.SYNC_HOSTS_SECONDS ?? 24) * 1000;

const perMinute = (count: number) => (count * durationMs) / 60_000;
/** More than so many must be counted. */
const enough = { hits: perMinute(50), goodRuns: perMinute(15), clocks: Math.min(5, perMinute(7)) };

test(
  'eight hosts, whose clocks are hours apart, are as one while Redis is killed, flushed and failed over',
  async () => {
    const library = await findFaketime();
    await using redis = await aRedisPair();
    await using database = await aPostgres();
    await using project = await aProject({
      ...{ redis, target: database, ttl: '5s', throttle: { per, margin: '5ms', wait: '2500ms' } },
      timings: { slotReserveMs: 1500 },
      config: smallPages,
    });
    const model = aModel(recordCount);
    project.party.serveBy(pageAfter(5));
    project.serve(model.records());
    expect((await project.sync()).exitCode).toBe(0);
    await noteWriters(database);

    const runs: HostRun[] = [];
    const over = longEnough(project, runs);
    const hosts = clocks.map(async (aheadS, name) => {
      await sleep((name * everyMs) / clocks.length);
      await keepRunning(project, { name, aheadS, library }, everyMs, over, runs);
    });
    const [harms] = await Promise.all([
      keepHarming(redis, over, () => goodOf(runs).length),
      keepChanging(model, project, over),
    ]);
    await Promise.all(hosts);
    report(runs, harms, project);
    await settle(project);

    expect(runs.filter(({ exitCode }) => ![0, 69, 75].includes(exitCode ?? -1))).toEqual([]);
    expect(project.party.tooEarly.map(({ gapMs }) => gapMs)).toEqual([]);
    expect(project.party.arrivals.length).toBeGreaterThan(enough.hits);
    expect(goodOf(runs).length).toBeGreaterThan(enough.goodRuns);
    expect(
      Object.entries(harms)
        .filter(([, count]) => count > perMinute(1.5))
        .map(([name]) => name),
    ).toHaveLength(4);
    expect(clocksSeen(runs).size).toBeGreaterThan(enough.clocks);
    await expectOneWriterAtATime(database, enough.goodRuns / 2);
    await expectInStep(project);
    model.expectNothingInvented(await project.database.events());
  },
  5 * durationMs + 120_000,
);

/** On a machine with too much to do, it takes longer until enough has happened. */
function longEnough({ party }: Project, runs: readonly HostRun[]): AbortSignal {
  const timeIsUp = AbortSignal.timeout(durationMs);
  const over = new AbortController();
  const isEnough = () =>
    party.arrivals.length > enough.hits &&
    goodOf(runs).length > enough.goodRuns &&
    clocksSeen(runs).size > enough.clocks;
  const isOver = eventually(() => timeIsUp.aborted && isEnough(), 5 * durationMs);
  isOver.catch(() => {}).finally(() => over.abort());
  return over.signal;
}

async function keepChanging(model: Model, project: Project, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await sleep(randomInt(50, 250));
    const key = randomInt(1, recordCount);
    if (randomInt(4) === 0) model.remove(key);
    else model.put(key);
    project.serve(model.records());
  }
}

function goodOf(runs: readonly HostRun[]): readonly HostRun[] {
  return runs.filter(({ exitCode }) => exitCode === 0);
}

/** Which of the clocks runs had that did something, by what they said of themselves. */
function clocksSeen(runs: readonly HostRun[]): Set<number | undefined> {
  const nearest = ({ aheadS }: HostRun) => clocks.toSorted((a, b) => Math.abs(a - aheadS) - Math.abs(b - aheadS))[0];
  return new Set(runs.filter(({ hits }) => hits > 0).map(nearest));
}

function report(runs: readonly HostRun[], harms: object, { party: { arrivals } }: Project): void {
  const codes = Map.groupBy(runs, ({ exitCode }) => exitCode);
  const report = {
    seconds: durationMs / 1000,
    runs: runs.length,
    exitCodes: Object.fromEntries([...codes].map(([code, { length }]) => [code, length])),
    runsWithHits: clocks.map((_, at) => runs.filter(({ host, hits }) => host === at && hits > 0).length),
    hits: arrivals.length,
    smallestGapMs: Math.min(...arrivals.map(({ gapMs }) => gapMs)),
    harms,
  };
  console.log(JSON.stringify(report));
}
