import { expect, test } from 'vitest';
import { ConfigError, UnreachableError } from '../../src/errors.ts';
import { checkServer } from '../../src/redis/connection/start-check.ts';
import { isKeyName, syncKeys, throttleKeys } from '../../src/redis/keys.ts';

test('all keys of a sync share the hash tag of its name', () => {
  const keys = syncKeys('sync', 'crm');
  expect([keys.lock, keys.events, keys.lease('notify'), keys.attempts('notify.0')]).toEqual([
    '{sync:crm}:lock',
    '{sync:crm}:events',
    '{sync:crm}:lease:notify',
    '{sync:crm}:attempts:notify.0',
  ]);
});

test('a throttle has a tag of its own, and a prefix goes inside the tag', () => {
  const { window, ...keys } = throttleKeys('team-a', 'api.acme.example');
  expect(window(60_000)).toBe('{team-a-throttle:api.acme.example}:slots:60000');
  expect(keys).toEqual({
    slots: '{team-a-throttle:api.acme.example}:slots',
    limits: '{team-a-throttle:api.acme.example}:limits',
    notBefore: '{team-a-throttle:api.acme.example}:notBefore',
    token: '{team-a-throttle:api.acme.example}:token',
    queue: '{team-a-throttle:api.acme.example}:queue',
  });
});

test.each(['', 'A', 'a b', 'a}:lock', '-a', 'é', 'a\n', 'x'.repeat(64)])('%j never becomes part of a key', (name) => {
  expect(isKeyName(name)).toBe(false);
  expect(() => syncKeys('sync', name)).toThrow(ConfigError);
  expect(() => throttleKeys('sync', name)).toThrow(ConfigError);
  expect(() => syncKeys('sync', 'crm').lease(name)).toThrow(ConfigError);
});

const expected = { address: 'redis://here', setting: 'redis.url', allowEviction: false } as const;

test.each([
  ['an old version', 'redis_version:6.2.14\r\nrole:master', ConfigError],
  ['a replica', 'redis_version:7.0.15\r\nrole:slave\r\nmaster_host:there\r\nmaster_port:6379', UnreachableError],
  ['eviction', 'redis_version:7.2.4\r\nrole:master\r\nmaxmemory:1000\r\nmaxmemory_policy:volatile-ttl', ConfigError],
])('a server with %s is refused', (_, info, error) => {
  expect(() => checkServer(info, expected)).toThrow(error);
});

test.each([
  ['no limit of memory', 'redis_version:7.2.4\r\nrole:master\r\nmaxmemory:0\r\nmaxmemory_policy:allkeys-lru'],
  ['no eviction', 'redis_version:8.0.0\r\nrole:master\r\nmaxmemory:1000\r\nmaxmemory_policy:noeviction'],
  ['little to say', 'redis_version:10.1.0'],
])('a server with %s will do', (_, info) => {
  expect(() => checkServer(info, expected)).not.toThrow();
});
