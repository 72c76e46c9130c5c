import { expect, test } from 'vitest';
import { throttleKeys } from '../../src/redis/keys.ts';
import { createTokenStore } from '../../src/redis/tokens.ts';
import { open } from '../helpers/open-redis.ts';
import { redis as server } from '../helpers/suite-redis.ts';

test('keeps a token for everybody who shares the key, and never without an end', async () => {
  const [one, other] = [await open(), await open()];
  const store = createTokenStore({ redis: one, prefix: 'sync' });
  expect(await store.read('acme')).toBeNull();
  await store.keep('acme', 'a', 60_000);
  expect(await createTokenStore({ redis: other, prefix: 'sync' }).read('acme')).toBe('a');
  expect(await store.read('others')).toBeNull();
  expect(await server.client.pttl(throttleKeys('sync', 'acme').token)).toBeGreaterThan(0);
});

test('forgets the token that was refused, and not one that has taken its place', async () => {
  const redis = await open();
  const store = createTokenStore({ redis, prefix: 'sync' });
  await store.keep('acme', 'new', 60_000);
  await store.drop('acme', 'old');
  expect(await store.read('acme')).toBe('new');
  await store.drop('acme', 'new');
  expect(await store.read('acme')).toBeNull();
});
