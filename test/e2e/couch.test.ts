import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { aCouch, type Couch, type CouchDoc } from '../helpers/couch.ts';
import { replay } from '../helpers/in-step.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, type Project, type Row } from '../helpers/sync.ts';

// CouchDB's feed of changes, as PouchDB's own server serves it, read by config alone.

const onePage = ['run', '--json', '--max-pages', '1'];
const none = { created: 0, updated: 0, deleted: 0 };

test('10 000 documents are taken in; then 3000 changes and 500 deletions, from where the feed was left', async () => {
  await using couch = await aCouch(people(10_000));
  await using project = await aProject({ redis, config: reading(couch, feed(1000)) });
  expect((await project.sync()).json()).toMatchObject({ outcome: 'done', hits: 11, counts: { created: 10_000 } });
  await expectSame(project, couch);

  couch.asked();
  await couch.write(people(3000, 2001, 1));
  await couch.remove(idsOf(people(500, 9001)));
  const counts = { created: 0, updated: 3000, deleted: 500 };
  expect((await project.sync()).json()).toMatchObject({ outcome: 'done', hits: 4, records: 3000, counts });
  expect(couch.asked().map(sinceIn)).toEqual(['10000', '11000', '12000', '13000']);
  await expectSame(project, couch);
  expect((await project.sync()).json()).toMatchObject({ hits: 1, records: 0, counts: none });
  expect(couch.asked().map(sinceIn)).toEqual(['13500']);
});

test('every `fullEvery` the feed is read from its beginning, and what it does not bring is gone', async () => {
  await using couch = await aCouch(people(10_000));
  const config = { ...feed(1000), fullEvery: '1ms' };
  await using project = await aProject({ redis, config: reading(couch, config) });
  await project.sync();
  couch.asked();
  await couch.write(people(3000, 1, 1));
  await couch.remove(idsOf(people(500, 9001)));
  const counts = { created: 0, updated: 3000, deleted: 500 };
  expect((await project.sync()).json()).toMatchObject({ outcome: 'done', records: 9500, counts });
  expect(couch.asked().map(sinceIn).slice(0, 2)).toEqual([null, expect.any(String)]);
  await expectSame(project, couch);
});

test('the whole list, page by page, has the same rows: to change over to it writes nothing', async () => {
  await using couch = await aCouch(people(2000));
  await using project = await aProject({ redis, config: reading(couch, feed(500)) });
  await project.sync();
  await project.reconfigure(reading(couch, list(300)));
  expect((await project.sync()).json()).toMatchObject({ outcome: 'done', records: 2000, counts: none });
  await couch.write(people(100, 1901, 1));
  await couch.remove(idsOf(people(100)));
  const changed = await project.sync();
  expect(changed.json()).toMatchObject({ counts: { created: 0, updated: 100, deleted: 0 } });
  expect((await project.sync()).json()).toMatchObject({ counts: { ...none, deleted: 100 } });
  await expectSame(project, couch);
});

test.each([
  ['a full pass', '1ms'],
  ['a pass of changes', '1d'],
])('what goes, comes back and changes between two pages of %s ends as the server has it', async (_title, fullEvery) => {
  await using couch = await aCouch(people(40));
  await using project = await aProject({ redis, config: reading(couch, { ...feed(10), fullEvery }) });
  await project.sync();
  await couch.write(people(40, 1, 1));

  await project.sync(onePage);
  await couch.remove(['p1', 'p2', 'p11', 'p12']);
  await couch.write([...people(1, 3, 2), ...people(1, 13, 2), ...people(1, 50)]);
  await project.sync(onePage);
  await couch.write([...people(1, 2, 3), ...people(1, 12, 3)]);
  await project.sync(onePage);
  await couch.remove(['p50', 'p12']);
  await project.sync();
  await expectSame(project, couch);
  expect((await project.sync()).json()).toMatchObject({ counts: none });
  await expectSame(project, couch);
});

test('a dry run of the feed shows what a run then does', async () => {
  await using couch = await aCouch(people(100));
  await using project = await aProject({ redis, config: reading(couch, feed(30)) });
  await project.sync();
  await couch.write(people(10, 96, 1));
  await couch.remove(['p1', 'p2']);
  const counts = { created: 5, updated: 5, deleted: 2 };
  expect((await project.sync(['run', '--json', '--dry-run'])).json().resources).toMatchObject([{ counts }]);
  expect((await project.sync()).json()).toMatchObject({ counts });
});

/** As docs/adapters.md has it, with another page size. */
function feed(limit: number) {
  const docs = readFileSync(new URL('../../docs/adapters.md', import.meta.url), 'utf8');
  const [, json = ''] = /```json\n"people": (\{\n.*?\n\})\n```/s.exec(docs) ?? [];
  const { map, ...resource } = JSON.parse(json.replaceAll('1000', String(limit)).replace('/crm/', '/'));
  return resource;
}

function list(limit: number) {
  return {
    path: '/_all_docs',
    query: { include_docs: true },
    records: 'rows',
    total: 'total_rows',
    pagination: { type: 'offset', param: 'skip', limit },
  };
}

function reading(couch: Couch, resource: object) {
  const properties = { id: { type: 'string' }, name: { type: 'string' }, round: { type: 'integer' } };
  const map = { id: 'id', name: 'doc.name', round: 'doc.round' };
  return (config: BaseConfig) => ({
    ...config,
    resources: { people: { key: 'id', schema: { type: 'object', properties, required: ['id', 'name'] } } },
    adapters: {
      acme: { ...config.adapters.acme, baseUrl: couch.url, resources: { people: { ...resource, map } } },
    },
  });
}

function people(count: number, from = 1, round = 0): CouchDoc[] {
  return Array.from({ length: count }, (_, at) => ({ _id: `p${from + at}`, name: `Person ${from + at}`, round }));
}

function idsOf(docs: readonly CouchDoc[]): string[] {
  return docs.map(({ _id }) => _id);
}

function sinceIn(path: string): string | null {
  return new URL(path, 'http://couch').searchParams.get('since');
}

/** The live rows, and the rows that the events lead to, are what the server itself says that it has. */
async function expectSame(project: Project, couch: Couch): Promise<void> {
  const docs = await couch.docs();
  const expected = byId(docs.map(({ _id: id, name, round }) => ({ id, name, round })));
  const live = project.rows('people').filter(({ deleted_at }) => deleted_at === null);
  expect(byId(live.map(({ deleted_at, ...row }) => row))).toEqual(expected);
  expect(byId(replay(project.events()))).toEqual(expected);
}

function byId(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
}
