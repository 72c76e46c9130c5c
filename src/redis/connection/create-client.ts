import type { ClientConfig, RedisClient } from './client.ts';
import { loginPlaceOf, type RedisPlace, withLogin } from './place.ts';
import { createSingleClient } from './shapes/single.ts';

/** Makes the client for the shape of the place. Only the part that this shape needs is loaded. */
export async function createClient(place: RedisPlace, config: ClientConfig): Promise<RedisClient> {
  const { login, key, log } = config;
  if (!login) return clientOf(place, config);
  const { LoggedInClient } = await import('./logged-in.ts');
  const once = { ...config, options: { ...config.options, retryStrategy: () => null } };
  const where = loginPlaceOf(place);
  return new LoggedInClient({
    ask: () => login(where),
    open: (known) => clientOf(withLogin(place, known), once),
    key,
    log,
  });
}

async function clientOf(place: RedisPlace, config: ClientConfig): Promise<RedisClient> {
  if ('sentinels' in place) {
    const { createSentinelClient } = await import('./shapes/sentinel.ts');
    return createSentinelClient(place, config);
  }
  if ('cluster' in place) {
    const { createClusterClient } = await import('./shapes/cluster.ts');
    return createClusterClient(place, config);
  }
  return createSingleClient(place, config);
}
