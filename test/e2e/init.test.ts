import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { openScriptedThirdParty } from '../../src/testing.ts';
import { root } from '../helpers/child.ts';
import { aFreshFolder, type FreshFolder } from '../helpers/fresh-folder.ts';
import { aPostgres } from '../helpers/postgres.ts';
import { onPseudoTerminal } from '../helpers/pseudo-terminal.ts';
import { redis } from '../helpers/suite-redis.ts';

const people = [
  { id: 1, name: 'Ada', contact: { email: 'ada@example.com' }, api_token: 'S3CR3T-OF-ADA' },
  { id: 2, name: 'Grace', contact: { email: null }, api_token: 'S3CR3T-OF-GRACE' },
];

afterEach(() => redis.client.flushall());

/** An API with two records on one page. With `token`, it wants one. */
function anApi(token?: string) {
  return openScriptedThirdParty(({ headers }) => {
    if (token !== undefined && headers.authorization !== `Bearer ${token}`) return { status: 401, body: {} };
    return { body: { data: people, total: 2 } };
  });
}

const configOf = async ({ dir }: FreshFolder) => readFile(join(dir, 'sync.config.json'), 'utf8');

test('one hit becomes a config, a preview and the commands that come next; the first run takes no slot', async () => {
  await using folder = await aFreshFolder(redis.url);
  await using api = await anApi();
  const { exitCode, stdout, stderr } = await folder.sync(['init', '--from', `${api.url}/people`]);
  expect([exitCode, api.hits.length]).toEqual([0, 1]);
  expect(stderr).toContain(`one hit is made: GET ${api.url}/people`);
  expect(stdout).toContain('+ 1  name="Ada" contact_email="ada@example.com"');
  expect(stdout).toContain('people: api_token: it looks like a secret');
  expect(stdout).toContain('cronsync run --dry-run --from .cronsync/first-page.http\n');
  expect(stdout).toMatch(/^ {2}\* \* \* \* \* cd .+ --quiet$/m);

  expect((await folder.sync(['run', '--json', '--wait', '0s'])).json()).toMatchObject({
    outcome: 'throttled',
    hits: 0,
  });
  const first = await folder.sync(['run', '--json', '--from', '.cronsync/first-page.http']);
  expect(first.json()).toMatchObject({ outcome: 'done', hits: 0, counts: { created: 2 } });
  expect(api.hits).toHaveLength(1);
});

test('a page that was saved costs no hit', async () => {
  await using folder = await aFreshFolder(redis.url);
  await writeFile(join(folder.dir, 'page.json'), JSON.stringify(people));
  const refused = await folder.sync(['init', '--from', 'page.json']);
  expect([refused.exitCode, refused.stderr]).toEqual([
    64,
    expect.stringContaining('--url says where its page came from'),
  ]);
  const url = 'https://api.example.com/v2/people?limit=2';
  const { exitCode } = await folder.sync(['init', '--from', 'page.json', '--url', url, '--quiet']);
  expect(exitCode).toBe(0);
  expect(JSON.parse(await configOf(folder))).toMatchObject({
    adapter: 'example',
    adapters: {
      example: {
        baseUrl: 'https://api.example.com/v2',
        resources: { people: { path: '/people', query: { limit: 2 } } },
      },
    },
  });
  const run = await folder.sync(['run', '--json', '--from', 'page.json']);
  expect(run.json()).toMatchObject({ hits: 0, counts: { created: 2 } });
});

describe('credentials', () => {
  test('401 says how to name a variable, and the token of the variable is in no file and no output', async () => {
    await using folder = await aFreshFolder(redis.url);
    await using api = await anApi('S3CR3T-OF-OURS');
    const from = ['init', '--from', `${api.url}/people`];
    const refused = await folder.sync(from);
    expect([refused.exitCode, refused.stderr]).toEqual([77, expect.stringContaining('--auth bearer:ACME_TOKEN')]);
    const unset = await folder.sync([...from, '--auth', 'bearer:OUR_TOKEN']);
    expect([unset.exitCode, unset.stderr, api.hits.length]).toEqual([
      78,
      expect.stringContaining('OUR_TOKEN is not set'),
      1,
    ]);
    const { exitCode, stdout, stderr } = await folder.sync([...from, '--auth', 'bearer:OUR_TOKEN'], {
      OUR_TOKEN: 'S3CR3T-OF-OURS',
    });
    expect(exitCode).toBe(0);
    expect(stdout + stderr + (await configOf(folder))).not.toContain('S3CR3T-OF-OURS');
    expect(await configOf(folder)).toContain('"token": "${OUR_TOKEN}"');
  });

  test('a credential in the URL becomes a variable before any hit', async () => {
    await using folder = await aFreshFolder(redis.url);
    await using api = await anApi();
    const from = ['init', '--from', `${api.url}/people?api_key=S3CR3T-IN-URL&limit=2`];
    const { exitCode, stdout, stderr } = await folder.sync(from);
    expect([exitCode, api.hits.length]).toEqual([78, 0]);
    expect(stderr).toContain('API_API_KEY is not set');
    expect(stdout + stderr).not.toContain('S3CR3T-IN-URL');
    expect((await folder.sync(from, { API_API_KEY: 'S3CR3T-IN-URL' })).exitCode).toBe(0);
    expect(api.hits[0]?.url.searchParams.get('api_key')).toBe('S3CR3T-IN-URL');
    expect(await configOf(folder)).not.toContain('S3CR3T-IN-URL');
    expect(await configOf(folder)).toContain('"param": "api_key"');
  });

  test('a variable may come from .env', async () => {
    await using folder = await aFreshFolder(redis.url);
    await using api = await anApi('S3CR3T-OF-OURS');
    await writeFile(join(folder.dir, '.env'), 'OUR_TOKEN=S3CR3T-OF-OURS\n');
    const { exitCode } = await folder.sync([
      'init',
      '--quiet',
      '--from',
      `${api.url}/people`,
      '--auth',
      'bearer:OUR_TOKEN',
    ]);
    expect(exitCode).toBe(0);
  });

  test.each(['--header', '--target'])('a secret is refused after %s, where other users can read it', async (flag) => {
    await using folder = await aFreshFolder(redis.url);
    const value = flag === '--header' ? 'Authorization: Bearer x' : 'postgres://user:secret@db.example/crm';
    const { exitCode, stderr } = await folder.sync(['init', flag, value]);
    expect([exitCode, stderr]).toEqual([64, expect.stringContaining('which other users of this machine can read')]);
  });
});

test('without Redis the hit is made, and it is said that no slot was taken', async () => {
  await using folder = await aFreshFolder('redis://127.0.0.1:1');
  await using api = await anApi();
  const { stderr } = await folder.sync(['init', '--from', `${api.url}/people`]);
  expect(stderr).toContain('Redis cannot be reached, so no slot is taken for this hit');
  expect(stderr).not.toContain('no hit was made');
  expect(api.hits).toHaveLength(1);
  expect(await configOf(folder)).toContain('"people"');
});

describe('what the answer does not say', () => {
  const answering = (body: unknown) => openScriptedThirdParty(() => ({ body: JSON.parse(JSON.stringify(body)) }));

  test.each<[string, unknown, readonly string[], string]>([
    ['two lists', { a: people, b: people }, [], 'the answer has several lists: a, b'],
    ['no key', [{ name: 'x' }, { name: 'x' }], [], '--key names the field'],
    ['an empty list', { data: [] }, [], 'the answer has an empty list'],
    ['no list', { id: 1 }, [], 'the answer has no list of objects'],
    ['a key that is not there', people, ['--key', 'number'], 'has no field number'],
  ])('%s: nothing is written', async (_title, body, flags, message) => {
    await using folder = await aFreshFolder(redis.url);
    await using api = await answering(body);
    const { exitCode, stderr } = await folder.sync(['init', '--from', `${api.url}/people`, ...flags]);
    expect([64, 78]).toContain(exitCode);
    expect(stderr).toContain(message);
    await expect(configOf(folder)).rejects.toThrow('ENOENT');
  });

  test('flags say it', async () => {
    await using folder = await aFreshFolder(redis.url);
    await using api = await answering({ a: people, b: people });
    const said = ['--records', 'b', '--key', 'name', '--resource', 'staff', '--include', 'api_token', '--name', 'hr'];
    expect((await folder.sync(['init', '--quiet', '--from', `${api.url}/people`, ...said])).exitCode).toBe(0);
    const config = JSON.parse(await configOf(folder));
    expect(config).toMatchObject({
      name: 'hr',
      resources: { staff: { key: 'name' } },
      adapters: { api: { resources: { staff: { records: 'b' } } } },
    });
    expect(config.resources.staff.schema.properties).toHaveProperty('api_token');
  });
});

test('a table that is there is adopted, its columns under their own names', async () => {
  await using folder = await aFreshFolder(redis.url);
  await using api = await openScriptedThirdParty(() => ({ body: [{ id: 1, firstName: 'Ada', age: 36 }] }));
  using database = new DatabaseSync(join(folder.dir, 'sync.db'));
  database.exec('CREATE TABLE people (id INTEGER PRIMARY KEY, first_name TEXT, note TEXT)');
  const { stdout } = await folder.sync(['init', '--from', `${api.url}/people`]);
  expect(stdout).toContain('the table people is adopted: 2 of 3 fields match; the first run adds age');
  await folder.sync(['run', '--from', '.cronsync/first-page.http']);
  const rows = database.prepare('SELECT id, first_name, age, note FROM people').all();
  expect(rows).toEqual([{ id: 1, first_name: 'Ada', age: 36, note: null }]);
});

test('a table in Postgres is adopted, and the URL stays in its variable', async () => {
  await using folder = await aFreshFolder(redis.url);
  await using database = await aPostgres();
  await using api = await openScriptedThirdParty(() => ({ body: [{ id: 1, firstName: 'Ada', born: '1815-12-10' }] }));
  await database.sql('CREATE TABLE person (id bigint PRIMARY KEY, first_name text, born date)');
  const env = { DATABASE_URL: database.url };
  const flags = ['--target', 'postgres:DATABASE_URL', '--table', 'person'];
  const { stdout } = await folder.sync(['init', '--from', `${api.url}/people`, ...flags], env);
  expect(stdout).toContain('the table person is adopted: 3 of 3 fields match.');
  expect(await configOf(folder)).toContain('"url": "${DATABASE_URL}"');
  expect((await folder.sync(['run', '--from', '.cronsync/first-page.http'], env)).exitCode).toBe(0);
  expect(await database.rows('SELECT first_name, born::text FROM person')).toEqual([
    { first_name: 'Ada', born: '1815-12-10' },
  ]);
});

test.each([
  ['yaml', 'sync.config.yaml'],
  ['ts', 'sync.config.ts'],
])('writes %s, which is found without a flag', async (format, file) => {
  await using folder = await aFreshFolder(redis.url);
  await using api = await anApi();
  await mkdir(join(folder.dir, 'node_modules'));
  await symlink(root, join(folder.dir, 'node_modules/cronsync'));
  await writeFile(join(folder.dir, 'package.json'), '{}');
  const written = await folder.sync(['init', '--quiet', '--format', format, '--from', `${api.url}/people`]);
  expect([written.exitCode, written.stderr]).toEqual([0, '']);
  expect(await readFile(join(folder.dir, file), 'utf8')).toContain('people');
  const run = await folder.sync(['run', '--json', '--from', '.cronsync/first-page.http']);
  expect(run.json()).toMatchObject({ outcome: 'done', counts: { created: 2 } });
});

test('the printed commands use the file that was written, beside a config that would be found first', async () => {
  await using folder = await aFreshFolder(redis.url);
  await writeFile(join(folder.dir, 'sync.config.json'), '{}');
  await writeFile(join(folder.dir, 'page.json'), JSON.stringify(people));
  const starter = await folder.sync(['init', '--format', 'yaml', '--json']);
  expect(starter.json()).toMatchObject({
    commands: expect.arrayContaining(['cronsync check --config sync.config.yaml']),
  });
  const page = ['--from', 'page.json', '--url', 'https://api.example.com/people'];
  const { stdout } = await folder.sync(['init', '--force', '--format', 'yaml', ...page]);
  expect(stdout).toContain('cronsync run --dry-run --from page.json --config sync.config.yaml\n');
  expect(stdout).toContain(`--quiet --config ${join(folder.dir, 'sync.config.yaml')}\n`);
});

test.each([
  ['systemd', /^ {2}OnCalendar=minutely$/m],
  ['kubernetes', /^ {2}kind: CronJob$/m],
])('prints what starts the runs with %s', async (schedule, line) => {
  await using folder = await aFreshFolder(redis.url);
  await writeFile(join(folder.dir, 'page.json'), JSON.stringify(people));
  const { stdout } = await folder.sync([
    'init',
    '--from',
    'page.json',
    '--url',
    'https://api.example.com/people',
    '--schedule',
    schedule,
  ]);
  expect(stdout).toMatch(line);
});

test('an OpenAPI document is read from a URL, with one hit; of many lists the names are wanted', async () => {
  await using folder = await aFreshFolder(redis.url);
  const list = (name: string) => ({
    get: {
      responses: {
        200: {
          content: {
            'application/json': {
              schema: { type: 'array', items: { properties: { id: { type: 'integer' }, [name]: { type: 'string' } } } },
            },
          },
        },
      },
    },
  });
  const names = Array.from({ length: 11 }, (_, at) => `things${String.fromCharCode(97 + at)}`);
  const document = { openapi: '3.0.3', paths: Object.fromEntries(names.map((name) => [`/${name}`, list(name)])) };
  await using api = await openScriptedThirdParty(() => ({ body: document }));
  const init = ['init', '--throttle', '9/1s', '--openapi', `${api.url}/openapi.json`];
  const refused = await folder.sync(init);
  expect([refused.exitCode, refused.stderr]).toEqual([64, expect.stringContaining('the document has 11 lists')]);
  expect((await folder.sync([...init, '--resource', 'thingsb', '--resource', '/thingsc'])).exitCode).toBe(0);
  expect(api.hits).toHaveLength(2);
  const { adapters, resources } = JSON.parse(await configOf(folder));
  expect(Object.keys(resources)).toEqual(['thingsb', 'thingsc']);
  expect(adapters.api.baseUrl).toBe(api.url);
});

test('a --url that is not a URL is refused, and the server of the document does not take its place', async () => {
  await using folder = await aFreshFolder(redis.url);
  const schema = { type: 'array', items: { properties: { id: { type: 'integer' } } } };
  const get = { responses: { 200: { content: { 'application/json': { schema } } } } };
  const document = { openapi: '3.0.3', servers: [{ url: 'https://api.example.com' }], paths: { '/people': { get } } };
  await writeFile(join(folder.dir, 'openapi.json'), JSON.stringify(document));
  const { exitCode, stderr } = await folder.sync(['init', '--openapi', 'openapi.json', '--url', 'api.example.com/v1']);
  expect([exitCode, stderr]).toEqual([64, expect.stringContaining('--url api.example.com/v1 is not a URL')]);
  await expect(configOf(folder)).rejects.toThrow('ENOENT');
});

test('sources exclude each other', async () => {
  await using folder = await aFreshFolder(redis.url);
  const { exitCode, stderr } = await folder.sync(['init', '--from', 'a', '--airbyte', 'b']);
  expect([exitCode, stderr]).toEqual([64, expect.stringContaining('exclude each other')]);
});

test('on a terminal it asks: for the source, for credentials at 401, for the list and for the target', async () => {
  await using folder = await aFreshFolder(redis.url);
  await using api = await openScriptedThirdParty(({ headers }) =>
    headers.authorization === 'Bearer S3CR3T-OF-OURS' ? { body: { a: people, b: people } } : { status: 401, body: {} },
  );
  await writeFile(join(folder.dir, '.env'), `REDIS_URL=${redis.url}\nAPI_TOKEN=S3CR3T-OF-OURS\n`);
  const { written, exitCode } = await onPseudoTerminal(
    folder.dir,
    ['init', '--throttle', '9/1s'],
    [
      { until: 'What is known of the API?', send: '\r' },
      { until: 'The URL of the list', send: `${api.url}/people\r` },
      { until: 'Where do the rows go?', send: '\r' },
      { until: 'The file', send: './sync.db\r' },
      { until: 'Of which kind?', send: '\r' },
      { until: 'The name of the variable', send: 'API_TOKEN\r' },
      { until: 'Which one has the records?', send: '\x1b[B\r' },
    ],
  );
  expect([exitCode, stripVTControlCharacters(written)]).toEqual([0, expect.stringContaining('wrote sync.config.json')]);
  expect(written).not.toContain('S3CR3T-OF-OURS');
  const config = JSON.parse(await configOf(folder));
  expect(config.adapters.api).toMatchObject({
    auth: { type: 'bearer', token: '${API_TOKEN}' },
    resources: { b: { records: 'b' } },
  });
});

test('Ctrl-C at a question stops, and nothing is written', async () => {
  await using folder = await aFreshFolder(redis.url);
  const { exitCode } = await onPseudoTerminal(
    folder.dir,
    ['init'],
    [{ until: 'What is known of the API?', send: '\x03' }],
  );
  expect(exitCode).toBe(130);
  await expect(configOf(folder)).rejects.toThrow('ENOENT');
});

test('Ctrl-C at the question whether to adopt a table stops, and nothing is written', async () => {
  await using folder = await aFreshFolder(redis.url);
  await writeFile(join(folder.dir, 'page.json'), JSON.stringify(people));
  using database = new DatabaseSync(join(folder.dir, 'sync.db'));
  database.exec('CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT)');
  const { exitCode, written } = await onPseudoTerminal(
    folder.dir,
    ['init', '--from', 'page.json', '--url', 'https://api.example.com/people'],
    [{ until: 'Adopt the table people?', send: '\x03' }],
  );
  expect([exitCode, written]).toEqual([130, expect.not.stringContaining('wrote')]);
  await expect(configOf(folder)).rejects.toThrow('ENOENT');
});
