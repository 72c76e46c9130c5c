import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { freePort } from '../helpers/free-port.ts';
import { aRedis } from '../helpers/redis.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, customers, type Project } from '../helpers/sync.ts';
import type { Scripted } from '../helpers/third-party.ts';

/** Every way in which a first hour goes wrong says what happened, what is guaranteed, and what to do. */

interface Turn {
  readonly config?: (config: BaseConfig) => object;
  readonly answer?: Scripted;
  readonly before?: (project: Project) => unknown;
  readonly args?: readonly string[];
  readonly exitCode: number;
  /** What the message says, in this order. */
  readonly says: readonly RegExp[];
}

function withResource(change: object): (config: BaseConfig) => object {
  return (config) => ({
    ...config,
    resources: { customers: { ...config.resources.customers, ...change } },
  });
}

function withRest(change: object, ofCustomers: object = {}): (config: BaseConfig) => object {
  return (config) => ({
    ...config,
    adapters: {
      acme: {
        ...config.adapters.acme,
        ...change,
        resources: { customers: { ...config.adapters.acme.resources.customers, ...ofCustomers } },
      },
    },
  });
}

const turns: Record<string, Turn> = {
  'a typo in a key': {
    config: (config) => ({ ...config, gard: {} }),
    exitCode: 78,
    says: [/sync\.config\.json has a problem; nothing was fetched or written/, /gard/, /Did you mean "guard"\?/],
  },
  'a missing variable': {
    config: withRest({ auth: { type: 'bearer', token: '$' + '{NOBODY_SET_THIS}' } }),
    exitCode: 78,
    says: [/adapters\.acme\.auth\.token/, /the environment variable NOBODY_SET_THIS to be set/, /hint: /],
  },
  'a third party that is down': {
    config: withRest({ baseUrl: 'http://127.0.0.1:1' }),
    exitCode: 69,
    says: [/cannot be reached \(ECONNREFUSED\); nothing was sent/, /hint: Check the adapter's URL/],
  },
  'a token that is refused': {
    answer: { status: 401 },
    exitCode: 77,
    says: [/refused our credentials \(401\); nothing of this page was written/, /hint: Check the credentials/],
  },
  'a path that does not exist': {
    answer: { status: 404, body: { message: 'no such thing' } },
    exitCode: 76,
    says: [/answered 404 with: .*no such thing/, /nothing of this page was written/, /hint: Check .*path/],
  },
  'a login page': {
    answer: { headers: { 'content-type': 'text/html' }, body: '<html>log in</html>' },
    exitCode: 76,
    says: [/answered HTML with status 200, not JSON/, /hint: .*login page/],
  },
  'a wrong records path': {
    config: withRest({}, { records: 'results' }),
    answer: { body: { data: [] } },
    exitCode: 76,
    says: [/`results` is null, not an array; the body has the keys? `data`/, /hint: Set the resource's `records`/],
  },
  'a wrong key field': {
    config: withRest({}, { map: { id: 'uid', email: 'contact.email' } }),
    exitCode: 65,
    says: [/3 of 3 records .* one without a key \(id is missing, and it is the key\)/, /nothing was deleted/, /hint: /],
  },
  'a field that is an object': {
    config: withRest({}, { map: { id: 'id', email: 'contact' } }),
    exitCode: 65,
    says: [/email is \{"email":.*, not a string/, /hint: Fix the map or the schema/],
  },
  'a table with other columns': {
    config: withResource({ table: 'people' }),
    before: ({ file }) => {
      using database = new DatabaseSync(file);
      database.exec('CREATE TABLE people (id TEXT PRIMARY KEY, name TEXT NOT NULL)');
    },
    exitCode: 78,
    says: [/the column "name" of "people" is NOT NULL without a default/, /nothing was written/, /hint: /],
  },
  'a table without a unique key': {
    config: withResource({ table: 'people' }),
    before: ({ file }) => {
      using database = new DatabaseSync(file);
      database.exec('CREATE TABLE people (id TEXT, email TEXT)');
    },
    exitCode: 78,
    says: [/no unique index over its key/, /CREATE UNIQUE INDEX/, /nothing was written/],
  },
  'a folder that is not there': {
    config: (config) => ({ ...config, target: { type: 'sqlite', file: './nowhere/sync.db' } }),
    exitCode: 78,
    says: [/nowhere.sync\.db cannot be opened/, /nothing was written/, /hint: Make sure that its directory exists/],
  },
  'a database that is something else': {
    before: (project) => project.write('sync.db', 'this is no database, whatever its name says'.repeat(20)),
    exitCode: 78,
    says: [/is not a SQLite database/, /nothing was written/, /hint: /],
  },
  'a comma that is missing': {
    before: (project) => project.write('sync.config.json', '{ "name": "crm" "adapter": "acme" }'),
    exitCode: 78,
    says: [/sync\.config\.json cannot be read: .* in JSON at position/, /nothing was done/, /hint: JSON needs a comma/],
  },
  'a map that is not an expression': {
    config: withRest({}, { map: { id: 'id', email: 'contact..email' } }),
    exitCode: 78,
    says: [/`contact\.\.email` is not a JMESPath expression/, /nothing was fetched or written/, /hint: Correct this/],
  },
  'a config in a folder that is not there': {
    args: ['init', '--config', 'nowhere/sync.config.json'],
    exitCode: 78,
    says: [/nowhere.sync\.config\.json cannot be written: ENOENT/, /nothing was written/, /hint: Make sure/],
  },
  'a flag that does not exist': {
    args: ['run', '--dryrun'],
    exitCode: 64,
    says: [/unknown option '--dryrun'; nothing was done/, /hint: Did you mean --dry-run\? "cronsync run --help"/],
  },
  'a lock that somebody made by hand': {
    before: (project) => project.redis.client.set(project.lockKey, 'mine'),
    exitCode: 75,
    says: [
      /held by something that is not a run of cronsync; it never expires by itself; nothing was touched/,
      /hint: .*sync unlock/,
    ],
  },
  "coreutils' sync": {
    args: ['-f', '/tmp'],
    exitCode: 64,
    says: [/looks like the sync of coreutils/, /nothing was done/, /hint: .*cronsync/],
  },
  'a command that does not exist': {
    args: ['stauts'],
    exitCode: 64,
    says: [/there is no command "stauts"/, /hint: Did you mean "cronsync status"\?/],
  },
};

describe('a wrong turn', () => {
  test.each(Object.entries(turns))('%s is reported with what is guaranteed and what to do', async (_, turn) => {
    await using project = await aProject({ redis, records: customers(3), ...(turn.config && { config: turn.config }) });
    await turn.before?.(project);
    if (turn.answer) project.party.script(turn.answer);
    const { exitCode, stderr } = await project.sync(turn.args ?? ['run']);
    expect({ exitCode, stderr }).toEqual({ exitCode: turn.exitCode, stderr: expect.any(String) });
    let rest = stderr;
    for (const saying of turn.says) {
      expect(rest).toMatch(saying);
      rest = rest.slice(rest.search(saying));
    }
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('no Redis is reported with its address, and nothing is touched', async () => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    await using project = await aProject({ redis: { ...redis, url }, records: customers(3) });
    const { exitCode, stderr } = await project.sync(['run']);
    expect([exitCode, project.party.arrivals.length, project.rows()]).toEqual([69, 0, []]);
    expect(stderr).toMatch(/Redis at redis:\/\/127\.0\.0\.1:\d+ cannot be used .*no lock was taken, no hit was made/);
    expect(stderr).toMatch(/hint: Is Redis running there/);
  });

  test('a wrong password is reported without the password', async () => {
    const locked = await aRedis({ args: ['--requirepass', 'right-password'] });
    try {
      const url = `redis://:wrong-password@127.0.0.1:${locked.port}`;
      await using project = await aProject({ redis: { ...redis, url } });
      const { exitCode, stderr, stdout } = await project.sync(['run']);
      expect(exitCode).toBe(69);
      expect(stderr).toMatch(/WRONGPASS|password/);
      expect(stderr + stdout).not.toContain('wrong-password');
    } finally {
      await locked.stop();
    }
  });

  test('a missing config is reported with how to write one', async () => {
    await using project = await aProject({ redis });
    const dir = await project.write('elsewhere/note.txt', 'nothing here');
    const { exitCode, stderr } = await project.sync([], { cwd: dir.replace(/\/note\.txt$/, '') });
    expect(exitCode).toBe(78);
    expect(stderr).toMatch(/there is no config in .*nothing was done\nhint: Write one with "cronsync init"/);
  });
});
