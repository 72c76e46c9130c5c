import { afterEach } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { openRedis, type RedisConfig, type RedisConnection } from '../../src/redis/connection/connection.ts';
import type { RedisPlace } from '../../src/redis/connection/place.ts';
import { defaultTimings, type Timings } from '../../src/timings.ts';

const opened: { close(): void }[] = [];

afterEach(() => closeOpened());

/** Closes this after the test. */
export function closeAfterTest<T extends { close(): void }>(connection: T): T {
  opened.push(connection);
  return connection;
}

/** Closes now what would be closed after the test. */
export function closeOpened(): void {
  for (const connection of opened.splice(0)) connection.close();
}

/** A connection as the program opens it, to a Redis of any shape. */
export async function openAt(
  place: RedisPlace,
  timings: Partial<Timings> = {},
  options: Partial<RedisConfig> = {},
): Promise<RedisConnection> {
  return closeAfterTest(
    await openRedis({
      place,
      key: '{sync:crm}:lock',
      allowEviction: false,
      connectionName: 'sync-test',
      timings: { ...defaultTimings, ...timings },
      log: silentLog,
      ...options,
    }),
  );
}

/** What a promise is rejected with. */
export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}
