import type { Redis } from 'ioredis';
import { textIn } from './reply.ts';

/**
 * Connects and sends `INFO` with the handshake: one round trip for both. Resolves to the reply, also of a server that the
 * client then refuses because it is a replica.
 */
export async function connectForInfo(client: Redis): Promise<string> {
  const info = new Promise<unknown>((resolve, reject) => {
    client.once('connect', () => client.info().then(resolve, reject));
  });
  const connecting = client.connect();
  connecting.catch(() => {});
  await Promise.race([connecting, info.catch(() => connecting)]);
  return textIn(await info);
}

/** KEYS[1] any key   -> what `INFO` answers on the server that keeps it: in a cluster the command itself would ask any node. */
export const infoOfOwner = `return redis.call('INFO')`;
