import { expect, test, vi } from 'vitest';
import { firstEntry } from '../../src/consumer.ts';
import { UnreachableError } from '../../src/errors.ts';
import { silentLog } from '../../src/log.ts';
import { BlockingArrivals } from '../../src/redis/connection/blocking.ts';
import { defaultTimings, type Timings } from '../../src/timings.ts';
import { aProxyToRedis, closeAfterTest } from '../helpers/open-redis.ts';
import { redis as server } from '../helpers/suite-redis.ts';

const key = '{sync:crm}:events';
const long = 60_000;
const scaled: Partial<Timings> = { blockMs: 100, blockSlackMs: 300, redisConnectMs: 500 };

const stop = new AbortController();

function watch(timings: Partial<Timings> = scaled, url = server.url): BlockingArrivals {
  const all = { ...defaultTimings, ...timings };
  return closeAfterTest(
    new BlockingArrivals({ place: { url }, connectionName: 'test', key, timings: all, log: silentLog }),
  );
}

const append = (id: string) => server.client.xadd(key, id, 'event', '{}');

test('everybody who waits is woken by a new entry', async () => {
  await append('1-1');
  const arrivals = watch();
  const waiting = [arrivals.wait('1-1', long, stop.signal), arrivals.wait('1-1', long, stop.signal)];
  await append('1-2');
  await Promise.all(waiting);
  expect(await server.client.client('LIST')).toContain('name=test:arrivals');
});

test('one connection is enough for all', async () => {
  const arrivals = watch();
  const waiting = Array.from({ length: 20 }, () => arrivals.wait(firstEntry, long, stop.signal));
  await append('1-1');
  await Promise.all(waiting);
  const clients = String(await server.client.client('LIST')).split('\n');
  expect(clients.filter((client) => client.includes('test:arrivals'))).toHaveLength(1);
});

test('who has not seen the end of the stream need not wait', async () => {
  const arrivals = watch();
  const first = arrivals.wait('1-1', long, stop.signal);
  await append('1-2');
  await first;
  await arrivals.wait('1-1', long, stop.signal);
});

test('nobody waits longer than asked for, or than the signal allows', async () => {
  const arrivals = watch();
  await arrivals.wait(firstEntry, 50, stop.signal);
  const own = new AbortController();
  const waiting = arrivals.wait(firstEntry, long, own.signal);
  own.abort();
  await waiting;
  const closing = arrivals.wait(firstEntry, long, stop.signal);
  arrivals.close();
  await closing;
});

test('a stream that was lost is waited for where it stands now', async () => {
  await append('5-9');
  const arrivals = watch();
  await arrivals.wait('5-9', 30, stop.signal);
  await server.client.flushall();
  await arrivals.wait('5-1', long, stop.signal);
  const waiting = arrivals.wait('5-1', long, stop.signal);
  await append('5-2');
  await waiting;
});

test.each(['cut', 'cut-after-request', 'drop-reply', 'black-hole'] as const)(
  'a read that meets "%s" fails, and the next one goes over a new connection',
  async (fault) => {
    const { proxy, url } = await aProxyToRedis();
    const arrivals = watch(scaled, url);
    proxy.next('XREAD', fault);
    await expect(arrivals.wait(firstEntry, long, stop.signal)).rejects.toThrow(UnreachableError);
    const waiting = arrivals.wait(firstEntry, long, stop.signal);
    await append('1-1');
    await waiting;
    expect(arrivals.isHung).toBe(false);
  },
);

test('reports each time that Redis is away, and recovers by itself', async () => {
  const { proxy, url } = await aProxyToRedis();
  const arrivals = watch(scaled, url);
  await arrivals.wait(firstEntry, 20, stop.signal);
  await proxy.goAway();
  await expect(arrivals.wait(firstEntry, long, stop.signal)).rejects.toThrow('nothing was read');
  await expect(arrivals.wait(firstEntry, long, stop.signal)).rejects.toThrow(UnreachableError);
  await proxy.comeBack();
  await append('1-1');
  await vi.waitFor(() => arrivals.wait(firstEntry, 1000, stop.signal), { timeout: 10_000 });
});

test('two clients in a row whose reads are never answered are one too many', async () => {
  const { proxy, url } = await aProxyToRedis();
  const arrivals = watch({ blockMs: 20, blockSlackMs: 60_000, watchdogSlackMs: 40 }, url);
  proxy.next('XREAD', 'black-hole', 'black-hole');
  await expect(arrivals.wait(firstEntry, long, stop.signal)).rejects.toThrow(UnreachableError);
  expect(arrivals.isHung).toBe(false);
  await expect(arrivals.wait(firstEntry, long, stop.signal)).rejects.toThrow(UnreachableError);
  expect(arrivals.isHung).toBe(true);
});
