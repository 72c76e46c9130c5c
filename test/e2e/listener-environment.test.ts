import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers } from '../helpers/sync.ts';

const secrets = {
  AUDIT_KEY: 'open-sesame-1',
  THIRD_PARTY_TOKEN: 'open-sesame-2',
  REDIS_URL: 'redis://:open-sesame-3@127.0.0.1',
  REDIS_PASSWORD: 'open-sesame-4',
  DATABASE_URL: 'postgres://crm:open-sesame-5@127.0.0.1',
  PGPASSWORD: 'open-sesame-6',
  SYNC_WEB_TOKEN: 'open-sesame-7',
  SYNC_WEB_VIEW_TOKEN: 'open-sesame-8',
};

test('a command of a listener has of the environment what it needs, and what `env` names: no secret of the daemon', async () => {
  await using project = await aProject({
    redis,
    records: customers(1),
    config: (config) => ({
      ...config,
      listeners: {
        audit: {
          ...{ on: ['*'], from: 'beginning', type: 'exec', command: ['sh', '-c', 'env > seen'] },
          env: { KEY: '$' + '{AUDIT_KEY}', AWAY: '$' + '{THIRD_PARTY_TOKEN}-and-more' },
        },
      },
    }),
  });
  const env = { ...secrets, LC_ALL: 'C.UTF-8', TZ: 'UTC' };
  await project.sync(['run'], { env });
  expect((await project.sync(['listen', '--drain'], { env, ownProcess: true })).exitCode).toBe(0);

  const seen = new Map((await readFile(join(project.dir, 'seen'), 'utf8')).split('\n').map(nameAndValue));
  expect(Object.fromEntries(seen)).toMatchObject({
    ...{ PATH: process.env.PATH, HOME: process.env.HOME, LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    ...{ KEY: 'open-sesame-1', AWAY: 'open-sesame-2-and-more', SYNC_LISTENER: 'audit' },
  });
  const ours = [...seen.keys()].filter((name) => name.startsWith('SYNC_'));
  expect(ours.filter((name) => !/^SYNC_(LISTENER|ATTEMPT|IDEMPOTENCY_KEY|EVENT_[A-Z]+)$/.test(name))).toEqual([]);
  expect(Object.keys(secrets).filter((name) => seen.has(name))).toEqual([]);
  const values = [...seen.values()].filter((value) => value.includes('open-sesame'));
  expect(values.sort()).toEqual(['open-sesame-1', 'open-sesame-2-and-more']);
});

function nameAndValue(line: string): readonly [name: string, value: string] {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}
