import { ConfigError } from '../../errors.ts';

/** The address of a Redis: for the client, and for people. */
export interface RedisAddress {
  /** A `redis:` or `rediss:` URL, or the path of a Unix socket; both may hold credentials. */
  readonly target: string;
  /** The same without password and options. */
  readonly shown: string;
}

/** Reads `redis.url`: `redis://`, `rediss://` (TLS), `unix:///path` or `/path` of a Unix socket. Throws `ConfigError`. */
export function parseRedisUrl(text: string): RedisAddress {
  if (text.startsWith('/')) return socket(text);
  const url = URL.parse(text);
  if (url === null) throw badUrl('it is not a URL');
  if (url.protocol === 'unix:') return socket(`${decodeURIComponent(url.pathname)}${url.search}`);
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:')
    throw badUrl(`the protocol ${url.protocol}// is unknown`);
  return { target: text, shown: `${url.protocol}//${url.host}${url.pathname}`.replace(/\/$/, '') };
}

function socket(target: string): RedisAddress {
  return { target, shown: target.replace(/\?.*$/s, '') };
}

/** The message does not show the URL: a broken one may have its password anywhere. */
function badUrl(reason: string): ConfigError {
  return new ConfigError(`redis.url is wrong: ${reason}`, {
    hint: 'Write redis://user:password@host:6379/0, rediss:// for TLS, or unix:///path/to/redis.sock.',
  });
}
