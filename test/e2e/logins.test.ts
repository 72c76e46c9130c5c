import { expect, test } from 'vitest';
import { eventually } from '../helpers/child.ts';
import { aPostgres } from '../helpers/postgres.ts';
import { aRedis } from '../helpers/redis.ts';
import { aProject, customers } from '../helpers/sync.ts';

/** What a module of a user's does: it fetches the password that counts now. */
const source = `
import { readFile } from 'node:fs/promises';
import type { LoginRequest } from 'cronsync';

export default async ({ part }: LoginRequest) => {
  return { username: 'sync', password: await readFile(new URL(part + '.word', import.meta.url), 'utf8') };
};
`;

test('a run, a daemon and check get the password of Redis from a module, and another one after a rotation', async () => {
  await using stack = new AsyncDisposableStack();
  const redis = await aRedis({ password: 'word-of-the-admin' });
  stack.defer(() => redis.stop());
  const rotate = (word: string) =>
    redis.client.call('ACL', 'SETUSER', 'sync', 'on', 'resetpass', `>${word}`, '~*', '&*', '+@all');
  await rotate('first-word');
  await using project = await aProject({
    redis,
    records: customers(2),
    config: (config) => ({
      ...config,
      redis: { url: redis.url, auth: { module: './login.ts' } },
      listeners: { log: { type: 'log', on: ['*'], from: 'beginning' } },
    }),
  });
  await project.write('login.ts', source);
  await project.write('redis.word', 'first-word');
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0, relayed: 2 });

  const daemon = project.start(['listen']);
  await eventually(async () => String(await redis.client.client('LIST')).match(/user=sync/g)?.length === 2);
  await rotate('second-word');
  await redis.client.call('CLIENT', 'KILL', 'USER', 'sync');
  const old = await project.sync(['check']);
  expect([old.exitCode, old.stdout]).toEqual([69, expect.stringMatching(/refused the credentials.*redis\.auth/s)]);
  expect(old.stdout).not.toContain('first-word');
  await project.write('redis.word', 'second-word');
  project.serve(customers(3));
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0, relayed: 1 });
  expect((await project.sync(['check'])).stdout).toMatch(/redis {2}redis:\/\/127\.0\.0\.1:\d+ \((Redis|Valkey) \d/);
  await eventually(() => daemon.stdout().match(/created/g)?.length === 3);
});

test('a run gets the password of Postgres from a module', async () => {
  await using stack = new AsyncDisposableStack();
  const redis = await aRedis();
  stack.defer(() => redis.stop());
  const database = stack.use(await aPostgres());
  const role = `login_${database.name}`;
  await database.sql(`CREATE ROLE ${role} LOGIN PASSWORD 'first-word'; GRANT CREATE ON SCHEMA public TO ${role}`);
  stack.defer(() => database.sql(`DROP OWNED BY ${role}; DROP ROLE ${role}`));
  await using project = await aProject({
    redis,
    records: customers(2),
    config: (config) => ({
      ...config,
      target: { type: 'postgres', url: database.urlFor({ user: role, password: '' }), auth: { module: './login.ts' } },
    }),
  });
  await project.write('login.ts', source.replace("username: 'sync', ", ''));
  await project.write('target.word', 'first-word');
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0, counts: { created: 2 } });
  await database.sql(`ALTER ROLE ${role} PASSWORD 'second-word'`);
  expect((await project.sync()).exitCode).toBe(78);
  await project.write('target.word', 'second-word');
  project.serve(customers(3));
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0, counts: { created: 1 } });
  expect((await project.sync(['status', '--json'])).exitCode).toBe(0);
});
