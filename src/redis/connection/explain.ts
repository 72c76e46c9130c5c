import { Redis } from 'ioredis';
import type { NodeOptions } from './client.ts';

/**
 * Connects to a server once, to learn why it cannot be reached: ioredis says only that the connection is closed when it asks
 * a sentinel, or a node of a cluster, where the data is.
 */
export async function whyUnreachable(
  server: { readonly host: string; readonly port: number },
  options: NodeOptions,
): Promise<Error | undefined> {
  const client = new Redis({ ...options, ...server, retryStrategy: () => null });
  let cause: Error | undefined;
  client.on('error', (error: Error) => {
    cause ??= error;
  });
  await client.connect().catch(() => {});
  client.disconnect();
  return cause;
}
