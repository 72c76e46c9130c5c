import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisPair } from './redis-pair.ts';
import type { Project } from './sync.ts';

/** A host whose wall clock is that many seconds ahead of the true one. */
export interface Host {
  readonly name: number;
  readonly aheadS: number;
  /** libfaketime. */
  readonly library: string;
}

/** How one run of a host ended. */
export interface HostRun {
  readonly host: number;
  readonly exitCode: number | null;
  readonly hits: number;
  /** By how much the run's own clock was ahead when it started, in seconds. */
  readonly aheadS: number;
  readonly said: string;
}

/** Starts a run every `everyMs`, or when the one before has ended, and adds it to `runs`; each makes a few hits, so that others have their turn. */
export async function keepRunning(
  project: Project,
  host: Host,
  everyMs: number,
  over: AbortSignal,
  runs: HostRun[],
): Promise<void> {
  const { name, aheadS, library } = host;
  const clock = { FAKETIME: `${aheadS < 0 ? '' : '+'}${aheadS}`, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
  const env = { LD_PRELOAD: library, ...clock };
  while (!over.aborted) {
    const tick = sleep(everyMs);
    const trueStart = Date.now();
    const { exitCode, stdout, stderr } = await project.sync(['run', '--json', '--max-pages', '4'], { env });
    const { hits = 0, startedAt = '' } = stdout === '' ? {} : JSON.parse(stdout);
    runs.push({
      host: name,
      exitCode,
      hits,
      aheadS: (Date.parse(startedAt) - trueStart) / 1000,
      said: stdout + stderr,
    });
    await tick;
  }
}

/**
 * Does to Redis what happens to it, at random moments: everything once, then everything again in another order. In between it
 * waits for runs that end well: on a machine with too much to do, no run would. How often it did what.
 */
export async function keepHarming(
  redis: RedisPair,
  over: AbortSignal,
  goodRuns: () => number,
): Promise<Readonly<Record<string, number>>> {
  const harms = {
    restart: () => redis.restart(),
    flush: () => redis.client.flushall(),
    lag: () => redis.lag(),
    failover: () => redis.failover(),
  };
  const counts = new Map<string, number>();
  let left: (keyof typeof harms)[] = [];
  while (!over.aborted) {
    if (left.length === 0) {
      left = ['restart', 'flush', 'lag', 'failover'];
      const enough = goodRuns() + 2;
      while (goodRuns() < enough && !over.aborted) await sleep(100);
    }
    await sleep(randomInt(500, 4000));
    const [name = 'restart'] = left.splice(randomInt(left.length), 1);
    await harms[name]();
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}
