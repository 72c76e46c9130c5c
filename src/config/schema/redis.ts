import * as v from 'valibot';
import { closed } from './objects.ts';
import { flag, integer, name, text } from './scalars.ts';
import { loginModule, tls } from './way.ts';

/** The URL of Redis if the config has none. */
export const defaultRedisUrl = `\${REDIS_URL:-redis://127.0.0.1:6379}`;

const urlMessage = 'a URL that begins with redis:// or rediss://, or the path of a socket';
const endpointMessage = '"host:port"';

function endpoints(description: string) {
  const endpoint = v.pipe(
    v.string(endpointMessage),
    v.regex(/^(\[[\da-fA-F:.]+\]|[^\s:/@,]+)(:\d{1,5})?$/, endpointMessage),
  );
  return v.pipe(v.array(endpoint), v.nonEmpty('a list that is not empty'), v.description(description));
}

/** Which of these belong together is checked by `redisFits` in ../cross-check.ts. */
export const redisSchema = v.pipe(
  closed({
    url: v.exactOptional(
      v.pipe(
        v.string(),
        v.regex(/^(rediss?:\/\/|unix:\/\/|\/).+/, urlMessage),
        v.description(
          `The URL of Redis (redis:// or rediss://), or the path of its socket. Default: "${defaultRedisUrl}".`,
        ),
      ),
    ),
    sentinels: v.exactOptional(endpoints('Instead of `url`: the sentinels, which know where the master is.')),
    name: v.exactOptional(text('With `sentinels`: what they call the master, such as "mymaster".')),
    cluster: v.exactOptional(endpoints('Instead of `url`: some nodes of a cluster, which know the others.')),
    username: v.exactOptional(text('With `sentinels` or `cluster`: the user.')),
    password: v.exactOptional(text('With `sentinels` or `cluster`: the password.')),
    sentinelUsername: v.exactOptional(text('The user at the sentinels, which have users of their own.')),
    sentinelPassword: v.exactOptional(text('The password at the sentinels.')),
    auth: v.exactOptional(loginModule('Redis')),
    db: v.exactOptional(integer('With `sentinels`: the number of the database. Default: 0.', 0)),
    tls: v.exactOptional(
      tls('TLS for every connection to Redis. With `url`, it needs a URL that begins with `rediss://`.'),
    ),
    prefix: v.exactOptional(name('The text that the name of every Redis key begins with.'), 'sync'),
    allowEviction: v.exactOptional(
      flag('Whether a Redis that may evict keys is accepted. Such a Redis loses locks and events.'),
      false,
    ),
  }),
  v.description('The Redis that holds the lock, the throttle and the stream.'),
  v.transform(({ url = defaultRedisUrl, sentinels, name = '', cluster, prefix, allowEviction, ...access }) => {
    const common = { prefix, allowEviction };
    if (sentinels) return { ...common, ...access, sentinels, name };
    if (cluster) return { ...common, ...access, cluster };
    return { ...common, url, ...(access.tls && { tls: access.tls }), ...(access.auth && { auth: access.auth }) };
  }),
);
