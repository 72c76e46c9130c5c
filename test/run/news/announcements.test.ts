import { describe, expect, test } from 'vitest';
import type { Checkpoint } from '../../../src/checkpoint.ts';
import { announcementsOf } from '../../../src/run/news/announcements.ts';
import { type News, newsIn } from '../../../src/run/news/news.ts';
import type { ResourceStanding, Standing } from '../../../src/run/news/standing.ts';
import { aCheckpoint } from '../../pass/a-pass.ts';

const startedAt = Date.parse('2026-01-02T03:04:00Z');
const minute = 60_000;

/** The n-th minutely run. */
function aStanding(nth: number, changes: Partial<Standing> = {}): Standing {
  const at = startedAt + nth * minute;
  const who = { sync: 'crm', run: `run-${nth}`, adapter: 'acme' };
  return { ...who, outcome: 'done', exitCode: 0, startedAt: at, now: at + 2000, errors: [], resources: [], ...changes };
}

function failed(nth: number, exitCode: 64 | 69 | 77 = 69): Standing {
  const error = { exitCode, message: `exit ${exitCode}`, hint: 'Wait.' };
  return aStanding(nth, { outcome: 'failed', exitCode, errors: [error] });
}

/** What is announced over several runs; the news of each go through JSON. */
function announcedOver(standings: readonly Standing[]) {
  let news: News = newsIn(null);
  return standings.flatMap((standing) => {
    const announced = announcementsOf(news, standing);
    news = newsIn(JSON.stringify(announced.news));
    return announced.announcements;
  });
}

function typesOver(standings: readonly Standing[]): string[] {
  return announcedOver(standings).map(({ type }) => type);
}

test('a run whose command line was refused is not announced', () => {
  expect(typesOver([aStanding(0), failed(1, 64), aStanding(2)])).toEqual([]);
  expect(typesOver([failed(0), failed(1, 64), aStanding(2)])).toEqual(['sync.run.failed', 'sync.run.recovered']);
});

describe('an outage of ten runs', () => {
  const outage = Array.from({ length: 10 }, (_, nth) => failed(nth + 1));

  test('is announced once when it begins and once when it is over', () => {
    const announced = announcedOver([aStanding(0), ...outage, aStanding(11), aStanding(12)]);
    expect(announced).toMatchObject([
      {
        type: 'sync.run.failed',
        subject: 'crm',
        data: { run: 'run-1', exitCode: 69, message: 'exit 69', hint: 'Wait.' },
      },
      {
        type: 'sync.run.recovered',
        subject: 'crm',
        data: {
          run: 'run-11',
          failedSince: '2026-01-02T03:05:00.000Z',
          message: 'runs of crm succeed again, after 10m 2s',
        },
      },
    ]);
  });

  test('is not over by a run that made no hit, had nothing to do, or was stopped', () => {
    const idle = (['throttled', 'not-due', 'stopped'] as const).map((outcome, nth) => aStanding(20 + nth, { outcome }));
    expect(typesOver([...idle, ...outage, ...idle])).toEqual(['sync.run.failed']);
  });

  test('says once that the credentials are refused, and again after they were accepted', () => {
    const runs = [failed(1, 77), failed(2, 77), aStanding(3), failed(4, 77)];
    expect(typesOver(runs).filter((type) => type.includes('credentials'))).toHaveLength(2);
    expect(typesOver([failed(1), failed(2, 77), failed(3)])).toEqual(['sync.run.failed', 'sync.credentials.refused']);
  });
});

test('an error that cronsync itself is to blame for is a failure, also of a run that it stopped', () => {
  expect(typesOver([aStanding(0, { outcome: 'stopped', exitCode: 70 })])).toEqual(['sync.run.failed']);
});

/** A pass that began and was complete in the n-th run. */
function aResource(
  nth: number,
  changes: Partial<Checkpoint> = {},
  more: Partial<ResourceStanding> = {},
): ResourceStanding {
  const at = startedAt + nth * minute + 1000;
  const checkpoint = { ...aCheckpoint({ phase: 'done', pass: nth, startedAt: at, completedAt: at }), ...changes };
  return { resource: 'customers', checkpoint, totals: null, drift: null, schemaChange: null, ...more };
}

function over(resources: readonly ResourceStanding[]): string[] {
  return typesOver(resources.map((resource, at) => aStanding(at + 1, { resources: [resource] })));
}

describe('a resource', () => {
  const held = { pass: 1, count: 340, live: 540, because: '340 of 540 rows would be deleted', at: startedAt };
  const drift = {
    compared: 100,
    missing: 2,
    changed: 1,
    marked: 0,
    unknown: 0,
    at: 0,
    rows: [],
    isBeingRepaired: false,
  };

  test('whose deletions are held announces it once, and again after they were let through', () => {
    const passes = [held, held, null, held].map((of, at) => aResource(at + 2, { held: of }));
    expect(over(passes)).toEqual(['sync.guard.held', 'sync.guard.held']);
    const [announced] = announcedOver([aStanding(2, { resources: [aResource(2, { held })] })]);
    expect(announced?.data).toMatchObject({ resource: 'customers', what: 'deletes', count: 340, pass: 2 });
  });

  test('that completes a pass announces it if it is the first, took several runs, or changed something', () => {
    const counts = (created: number) => ({ totals: { created, updated: 0, deleted: 0 } });
    const passes = [aResource(1, {}, counts(3)), aResource(2, {}, counts(3)), aResource(3, {}, counts(5))];
    const announced = announcedOver(passes.map((resource, at) => aStanding(at + 1, { resources: [resource] })));
    expect(announced).toMatchObject([
      { type: 'sync.pass.completed', data: { pass: 1, counts: { created: 3 } } },
      { type: 'sync.pass.completed', data: { pass: 3, counts: { created: 2 } } },
    ]);
    expect(over([aResource(7), aResource(8), aResource(9)])).toEqual([]);
    const long = aResource(9, { startedAt });
    expect(typesOver([aStanding(9, { resources: [long] }), aStanding(10, { resources: [long] })])).toEqual([
      'sync.pass.completed',
    ]);
  });

  test('whose rows somebody else has changed announces it once, and again after a repair', () => {
    const passes = [null, drift, drift, null, drift].map((of, at) => aResource(at + 2, {}, { drift: of }));
    expect(over(passes)).toEqual(['sync.drift.found', 'sync.drift.found']);
  });

  test('whose records look different announces each change once', () => {
    const changes = [1, 1, 2].map((at, nth) => aResource(nth + 2, {}, { schemaChange: { what: '`fax` is gone', at } }));
    expect(over(changes)).toEqual(['sync.schema.changed', 'sync.schema.changed']);
  });
});
