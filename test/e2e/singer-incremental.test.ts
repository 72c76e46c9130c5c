import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectInStep } from '../helpers/in-step.ts';
import { aRealTap, type CatalogEntry, discover, selected } from '../helpers/singer-tap.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, type Project, type ProjectOptions } from '../helpers/sync.ts';

let sqliteTap: string;
let restTap: string;
let discovered: CatalogEntry | undefined;
beforeAll(async () => {
  sqliteTap = aRealTap('sqlite');
  restTap = aRealTap('rest');
}, 300_000);

const map = { id: 'id', email: 'email', state: "'known'", tags: '`[]`' };
/** The third party takes a tap's requests as they come: what is counted is starts. */
const throttle = { hits: 2, per: '1ms' };

function withTap(adapter: object, stream: string, more: object = {}) {
  return (config: BaseConfig) => {
    const resources = { customers: { stream, map, ...more } };
    return { ...config, adapters: { acme: { type: 'singer', throttle, resources, ...adapter } } };
  };
}

/** A person as both sources have it, changed at this minute. */
const person = (id: number, minute = 0, email = `${id}@example.com`) => ({
  id: String(id),
  email,
  updated_at: `2026-03-01T10:${String(minute).padStart(2, '0')}:00`,
});
type Person = ReturnType<typeof person>;
const people = (count: number) => Array.from({ length: count }, (_, at) => person(at + 1));
const kept = ({ id, email }: Person) => ({ id, email, state: 'known', tags: [] });
const nothing = { created: 0, updated: 0, deleted: 0 };

interface Source extends AsyncDisposable {
  readonly project: Project;
  readonly entry: CatalogEntry;
  put(...changed: readonly Person[]): void;
  remove(id: number): void;
}

const stream = 'main-people';

/** A project that reads a SQLite file with the sample tap of the Singer SDK, as its edited catalog says. */
async function aSqliteSource(options: Partial<ProjectOptions> = {}): Promise<Source> {
  const project = await aProject({ redis, throttle, ...options });
  const file = join(project.dir, 'source.db');
  const source = new DatabaseSync(file);
  source.exec('CREATE TABLE people (id TEXT PRIMARY KEY, email TEXT, updated_at TEXT)');
  const config = { path_to_db: file };
  // Each test's table is the same: the tap has to discover it once.
  const tapConfig = await project.write('tap.json', config);
  discovered ??= discover(sqliteTap, tapConfig).streams[0];
  const entry = discovered;
  if (!entry) throw new Error('the tap discovers nothing');
  await project.write('catalog.json', { streams: [selected(entry, 'INCREMENTAL', 'updated_at')] });
  await project.reconfigure(withTap({ command: [sqliteTap], config, catalog: './catalog.json' }, stream));
  const insert = source.prepare('INSERT OR REPLACE INTO people VALUES (?, ?, ?)');
  return {
    project,
    entry,
    put: (...changed) => {
      for (const { id, email, updated_at } of changed) insert.run(id, email, updated_at);
    },
    remove: (id) => void source.prepare('DELETE FROM people WHERE id = ?').run(String(id)),
    [Symbol.asyncDispose]: async () => {
      source.close();
      await project.close();
    },
  };
}

/** With what the tap says of itself. */
const telling = ['run', '--json', '--log-level', 'info'];
const eventsOf = (project: Project) => project.events().map(({ type, subject }) => `${type} ${subject}`);

describe("the Singer SDK's own sample tap", () => {
  test('fills the target, and then starts from its state: only what changed is sent, and nothing is deleted', async () => {
    await using source = await aSqliteSource();
    const { project } = source;
    source.put(...people(40));
    const first = await project.sync(telling);
    expect(first.json()).toMatchObject({ outcome: 'done', hits: 1, records: 40, counts: { created: 40 } });
    expect(first.stderr).toContain('with bookmark value: None');

    source.put(person(7, 5, 'new@example.com'), person(41, 6));
    source.remove(8);
    const second = await project.sync(telling);
    expect(second.stderr).toContain('with bookmark value: 2026-03-01T10:00:00');
    expect(second.json().counts).toEqual({ created: 1, updated: 1, deleted: 0 });
    expect(eventsOf(project).slice(40)).toEqual(['customers.updated 7', 'customers.created 41']);

    const third = await project.sync(telling);
    expect(third.stderr).toContain('with bookmark value: 2026-03-01T10:06:00');
    expect(third.json()).toMatchObject({ records: 1, counts: nothing });
    const all = people(40).map((one) => (one.id === '7' ? person(7, 5, 'new@example.com') : one));
    await expectInStep(project, { rows: [...all, person(41, 6)].map(kept) });
  });

  test('shows in a dry run what the next run would do, and with --full everything', async () => {
    await using source = await aSqliteSource();
    const { project } = source;
    source.put(...people(5), person(6, 1));
    await project.sync();
    source.put(person(7, 2));
    source.remove(1);

    const plan = await project.sync(['run', '--dry-run', '--json']);
    expect(plan.json().resources).toMatchObject([
      { records: 2, counts: { created: 1, updated: 0, deleted: 0 }, verdict: { delete: 'none' } },
    ]);
    const whole = await project.sync(['run', '--dry-run', '--full', '--json']);
    expect(whole.json().resources).toMatchObject([{ records: 6, counts: { created: 1, deleted: 0 } }]);
    expect((await project.sync(['run', '--dry-run'])).stdout).toContain('nothing would be deleted: only what changed');
    expect((await project.sync()).json()).toMatchObject({ records: 2, counts: { created: 1 } });
  });

  test('reads everything again with --full, and after a change of the map; nothing is deleted by that', async () => {
    await using source = await aSqliteSource();
    const { project } = source;
    source.put(...people(5), person(6, 1));
    await project.sync();
    source.remove(1);
    expect((await project.sync(['run', '--full', '--json'])).json()).toMatchObject({ records: 5, counts: nothing });
    expect((await project.sync()).json()).toMatchObject({ records: 1 });

    const reshaped = { map: { ...map, state: "'other'" } };
    const parts = { command: [sqliteTap], config: './tap.json', catalog: './catalog.json' };
    await project.reconfigure(withTap(parts, stream, reshaped));
    expect((await project.sync()).json()).toMatchObject({ records: 5, counts: { updated: 5, deleted: 0 } });
    expect(project.rows()).toHaveLength(6);
  });

  test('read by FULL_TABLE for once finds what is gone', async () => {
    await using source = await aSqliteSource();
    const { project, entry } = source;
    source.put(...people(20));
    await project.sync();
    source.remove(3);
    await project.sync();
    await project.write('catalog.json', { streams: [selected(entry, 'FULL_TABLE')] });
    expect((await project.sync()).json().counts).toEqual({ ...nothing, deleted: 1 });
    await project.write('catalog.json', { streams: [selected(entry, 'INCREMENTAL', 'updated_at')] });
    expect((await project.sync()).json()).toMatchObject({ records: 19, counts: nothing });
    expect((await project.sync(telling)).stderr).toContain('with bookmark value: 2026-03-01T10:00:00');
    await expectInStep(project, {
      rows: people(20)
        .filter(({ id }) => id !== '3')
        .map(kept),
    });
  });

  test.each(['commit-ready', 'committed', 'before-sweep', 'swept'])(
    'killed at %s leaves data and state that go together',
    async (point) => {
      await using source = await aSqliteSource({ ttl: '2s', timings: { slotReserveMs: 500 } });
      const { project } = source;
      source.put(...people(5));
      await project.sync();
      source.put(person(2, 3, 'new@example.com'), person(6, 4));
      expect((await project.sync(undefined, { env: { SYNC_CRASH_AT: point } })).signal).toBe('SIGKILL');
      await expect.poll(async () => (await project.sync()).json().outcome, { timeout: 30_000 }).toBe('done');
      await expectInStep(project, {
        rows: [person(2, 3, 'new@example.com'), person(6, 4)]
          .concat(people(5).filter(({ id }) => id !== '2'))
          .map(kept),
      });
      expect((await project.sync(telling)).stderr).toContain('with bookmark value: 2026-03-01T10:04:00');
    },
  );
});

test('a tap for any HTTP API asks it only for what changed since its state', async () => {
  await using project = await aProject({ redis, throttle });
  const asked = () => project.party.arrivals.map(({ url }) => url.searchParams.get('since'));
  project.party.serveBy(({ searchParams }, records) => {
    const since = (searchParams.get('since') ?? '').slice(0, 19);
    return { body: { data: (records as Person[]).filter(({ updated_at }) => updated_at >= since) } };
  });
  const of = (name: string) => ({ name, path: `/${name}`, records_path: '$.data[*]', primary_keys: ['id'] });
  const config = {
    api_url: project.party.url,
    start_date: '2020-01-01T00:00:00',
    streams: [
      {
        ...of('people'),
        replication_key: 'updated_at',
        source_search_field: 'since',
        source_search_query: '$last_run_date',
      },
    ],
  };
  await project.reconfigure(withTap({ command: [restTap], config }, 'people', { mode: 'changes' }));
  project.serve([person(1), person(2, 1)]);
  expect((await project.sync()).json()).toMatchObject({ hits: 1, counts: { created: 2 } });
  const before = asked().length;
  project.serve([person(1), person(2, 1), person(3, 2)]);
  expect((await project.sync()).json()).toMatchObject({ records: 2, counts: { created: 1, updated: 0, deleted: 0 } });

  expect(asked().slice(0, before)).toEqual([null, '2020-01-01T00:00:00']);
  expect(asked().slice(before)).toEqual([null, expect.stringContaining('2026-03-01T10:01:00')]);
  await expectInStep(project, { rows: [person(1), person(2, 1), person(3, 2)].map(kept) });
});
