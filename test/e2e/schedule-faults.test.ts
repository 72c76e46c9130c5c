import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, test } from 'vitest';
import { targets } from '../helpers/crash-points.ts';
import { aRedisPair, type RedisPair } from '../helpers/redis-pair.ts';
import { type Step, schedules } from '../helpers/schedule.ts';
import { World } from '../helpers/world.ts';

// A seed is one schedule, even ones on SQLite, odd ones on Postgres. SYNC_SEED=<seed> repeats it, as far as processes that
// race can; SYNC_SEEDS=<count> says how many.
const { SYNC_SEED, SYNC_SEEDS = '30' } = process.env;
const seeds = SYNC_SEED ? [Number(SYNC_SEED)] : Array.from({ length: Number(SYNC_SEEDS) }, () => randomInt(2 ** 31));

/** A schedule that failed is made shorter for so long. */
const shrinkMs = Number(process.env.SYNC_SHRINK_SECONDS ?? 60) * 1000;

let redis: RedisPair;
beforeAll(async () => {
  redis = await aRedisPair();
});
afterAll(() => redis[Symbol.asyncDispose]());

test.each(seeds)(
  'whatever fails, whenever it does, everything is in step in the end (SYNC_SEED=%i)',
  async (seed) => {
    const target = targets[seed % 2] ?? 'sqlite';
    let failedAt = Number.POSITIVE_INFINITY;
    const play = fc.asyncProperty(schedules(target), async (schedule) => {
      fc.pre(performance.now() < failedAt + shrinkMs);
      await redis.reset();
      await using world = await World.open(target, redis);
      await playOn(world, schedule).catch((error) => {
        failedAt = Math.min(failedAt, performance.now());
        throw error;
      });
    });
    await fc.assert(play, { seed, numRuns: 1, includeErrorInReport: true });
  },
  shrinkMs + 180_000,
);

async function playOn(world: World, schedule: readonly Step[]): Promise<void> {
  try {
    for (const step of schedule) await world.take(step);
    await world.settle();
  } catch (error) {
    throw new Error(`what happened:\n${world.story.join('\n')}\n${error}`, { cause: error });
  }
}
