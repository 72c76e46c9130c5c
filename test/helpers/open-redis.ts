import { silentLog } from '../../src/log.ts';
import { openRedis, type RedisConnection } from '../../src/redis/connection/connection.ts';
import { defaultTimings, type Timings } from '../../src/timings.ts';

/** A connection as the program opens it. */
export function open(url: string, timings: Partial<Timings> = {}): Promise<RedisConnection> {
  return openRedis({
    url,
    allowEviction: false,
    connectionName: 'sync-test',
    timings: { ...defaultTimings, ...timings },
    log: silentLog,
  });
}
