import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers } from '../helpers/sync.ts';

const perMs = 250;
const slots = 80;

test('eight syncs on one key that wait: of 80 slots, none gets fewer than 7 or more than 13', async () => {
  await using opened = new AsyncDisposableStack();
  const throttle = { per: `${perMs}ms`, margin: '5ms', wait: '60s', key: `turns-${process.pid}` };
  const projects = await Promise.all(
    Array.from({ length: 8 }, async () =>
      // More pages than a fair share, so that whoever is ahead could take more.
      opened.use(await aProject({ redis, records: customers(16), dialect: 'cursor', pageSize: 1, throttle })),
    ),
  );

  const runs = await Promise.all(projects.map((project) => project.sync(['run', '--json'])));

  expect(runs.map(({ exitCode }) => exitCode)).toEqual(projects.map(() => 0));
  const arrivals = projects.flatMap(({ name, party }) => party.arrivals.map(({ at }) => ({ at, name })));
  arrivals.sort((a, b) => a.at - b.at);
  expect(arrivals.length).toBeGreaterThanOrEqual(slots);
  const first = Map.groupBy(arrivals.slice(0, slots), ({ name }) => name);
  const counts = projects.map(({ name }) => first.get(name)?.length ?? 0);
  expect(Math.min(...counts), `${counts}`).toBeGreaterThanOrEqual(7);
  expect(Math.max(...counts), `${counts}`).toBeLessThanOrEqual(13);
  const gaps = arrivals.slice(1).map(({ at }, n) => at - (arrivals[n]?.at ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(perMs);
  console.log(JSON.stringify({ counts, smallestGapMs: Math.min(...gaps) }));
}, 300_000);
