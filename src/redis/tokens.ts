import type { TokenStore } from '../token.ts';
import type { RedisConnection } from './connection/connection.ts';
import { textOrNull } from './connection/reply.ts';
import type { Script } from './connection/script.ts';
import { throttleKeys } from './keys.ts';

const guarantee = 'no hit was made and nothing was written';

/** KEYS[1] token   -> the token, or nil */
const readScript: Script = { guarantee, lua: `return redis.call('GET', KEYS[1])` };

/** KEYS[1] token   ARGV[1] the token   ARGV[2] ms to keep it   -> OK */
const keepScript: Script = { guarantee, lua: `return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])` };

/** KEYS[1] token   ARGV[1] the token that is refused   -> 1 if it was there, else 0 */
const dropScript: Script = {
  guarantee,
  lua: `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`,
};

/** The tokens of every throttle key, in Redis, until they expire there. */
export function createTokenStore({ redis, prefix }: { redis: RedisConnection; prefix: string }): TokenStore {
  const at = (key: string) => [throttleKeys(prefix, key).token];
  return {
    read: async (key) => textOrNull(await redis.run(readScript, at(key), [])),
    async keep(key, token, forMs) {
      await redis.run(keepScript, at(key), [token, Math.ceil(forMs)]);
    },
    async drop(key, token) {
      await redis.run(dropScript, at(key), [token]);
    },
  };
}
