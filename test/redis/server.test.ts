import { expect, test } from 'vitest';
import { redisServers } from '../../scripts/redis-server.ts';
import { open } from '../helpers/open-redis.ts';

/** `valkey-9` is shown as `Valkey 9.1.2`. */
const shown = (name: string) => new RegExp(`^${name.replace('-', ' ')}\\.\\d+\\.\\d+$`, 'i');

test('the server has a name and a version, and is the one that this run of the tests asks for', async () => {
  const { version } = await open();
  const asked = process.env.SYNC_REDIS_SERVER;
  const expected = asked === undefined ? [...redisServers] : [asked];
  expect(expected.filter((name) => shown(name).test(version ?? ''))).toHaveLength(1);
});
