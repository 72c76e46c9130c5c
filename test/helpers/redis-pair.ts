import type { Redis } from 'ioredis';
import { aFaultProxy } from './fault-proxy.ts';
import { aRedis } from './redis.ts';
import { eventually } from './sync.ts';

/** A Redis and its replica behind one address, which leads to the primary of the two. Both append every write to a file. */
export interface RedisPair extends AsyncDisposable {
  readonly url: string;
  /** To the primary, for assertions. */
  readonly client: Redis;
  /** Kills the primary, and starts it again on its append-only file. */
  restart(): Promise<void>;
  /** Cuts the replica off from the primary. */
  lag(): Promise<void>;
  /**
   * The replica becomes the primary with what it has received: what it missed is lost. A client that was connected stays
   * connected, to a server that has become a replica.
   */
  failover(): Promise<void>;
  /** Empties both, and connects them again. */
  reset(): Promise<void>;
}

export async function aRedisPair(): Promise<RedisPair> {
  const atOnce = ['--repl-diskless-sync-delay', '0', '--repl-timeout', '5'];
  const start = () => aRedis({ aof: true, args: atOnce });
  const servers = await Promise.all([start(), start()]);
  let [primary, replica] = servers;
  const proxy = await aFaultProxy(() => primary.port);

  const follow = async () => {
    await replica.client.replicaof('127.0.0.1', primary.port);
    await eventually(async () => (await replica.client.info('replication')).includes('master_link_status:up'));
  };
  const lag = async () => void (await replica.client.replicaof('NO', 'ONE'));

  await follow();
  return {
    url: `redis://127.0.0.1:${proxy.port}`,
    get client() {
      return primary.client;
    },
    restart: () => primary.restart(),
    lag,
    async failover() {
      await lag();
      [primary, replica] = [replica, primary];
      await follow();
    },
    async reset() {
      await primary.client.flushall();
      await follow();
    },
    async [Symbol.asyncDispose]() {
      await proxy.stop();
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}
