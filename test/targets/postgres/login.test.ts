import { beforeEach, expect, test } from 'vitest';
import { ConfigError } from '../../../src/errors.ts';
import type { AskLogin } from '../../../src/login.ts';
import { ada, bob, takeOver, write } from '../../contracts/target.ts';
import { failureOf } from '../../helpers/open-at.ts';
import { aPostgresWorld, type PostgresWorld } from './a-postgres-target.ts';

let world: PostgresWorld;
let role: string;
beforeEach(async () => {
  world = await aPostgresWorld();
  role = `login_${world.database.name}`;
  await world.sql(`CREATE ROLE ${role} LOGIN PASSWORD 'first-word'; GRANT CREATE, USAGE ON SCHEMA public TO ${role}`);
  return () => world.sql(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
});

test('the module is asked before each connect, and open connections stay', async () => {
  const asked: Parameters<AskLogin>[0][] = [];
  let password = 'first-word';
  const login: AskLogin = async (where) => {
    asked.push(where);
    return { username: undefined, password, expiresAt: null };
  };
  const target = await takeOver(await world.open({ url: world.database.urlFor({ user: role, password: '' }), login }));
  const first = asked.length;
  expect(asked[0]).toEqual({ username: role, host: '127.0.0.1', port: world.database.port });

  password = 'second-word';
  await world.sql(`ALTER ROLE ${role} PASSWORD '${password}'`);
  await write(target, [ada]);
  expect(asked).toHaveLength(first);

  await world.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`);
  await write(target, [ada, bob]);
  expect(asked.length).toBeGreaterThan(first);
  expect(await world.rows('SELECT count(*)::int AS n FROM customers')).toEqual([{ n: 2 }]);
});

test('the module may name the user, and a wrong password is reported as one of it', async () => {
  const open = async (password: string) => {
    const login: AskLogin = async () => ({ username: role, password, expiresAt: null });
    const target = await world.open({ url: world.database.urlFor({ user: 'nobody', password: '' }), login });
    return target.server();
  };
  expect(await open('first-word')).toMatchObject({ version: expect.stringContaining('Postgres') });
  const error = await failureOf(open('wrong-word'));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error).toMatchObject({ hint: expect.stringContaining('the module of `target.auth`') });
  expect(String(error)).not.toContain('wrong-word');
});
