import { describe, expect, test } from 'vitest';
import { eventOf } from '../../src/event.ts';
import { Circuit } from '../../src/listen/delivery/circuit.ts';
import { retryDelayMs } from '../../src/listen/delivery/retry-delay.ts';
import { readEntry } from '../../src/listen/group/incoming.ts';
import { Prefetch } from '../../src/listen/group/prefetch.ts';
import { createRoute, shardOf } from '../../src/listen/group/route.ts';
import { cursorsIn, type GroupState, type StreamState, watermarkOf } from '../../src/stream.ts';

describe('the wait after a failure', () => {
  const timings = { retryFirstMs: 1000, retryCapMs: 300_000 };
  test('doubles up to a cap, with jitter below it', () => {
    const longest = [1, 2, 3, 4, 8, 9, 10, 60].map((failures) => retryDelayMs(failures, 0.999999, timings));
    expect(longest.map(Math.round)).toEqual([1000, 2000, 4000, 8000, 128_000, 256_000, 300_000, 300_000]);
    expect(retryDelayMs(1, 0, timings)).toBe(500);
  });

  test('is never shorter than the receiver has asked for', () => {
    expect(retryDelayMs(1, 0.5, timings, 90_000)).toBe(90_000);
    expect(retryDelayMs(9, 0, timings, 10)).toBe(128_000);
  });
});

describe('the circuit', () => {
  test('opens after five different keys in a row', () => {
    const circuit = new Circuit();
    expect(['a', 'b', 'c', 'd'].map((key) => circuit.failed(key))).toEqual([false, false, false, false]);
    expect(circuit.isOpen).toBe(false);
    expect(circuit.failed('e')).toBe(true);
    expect(circuit.isOpen).toBe(true);
    expect(circuit.failed('f')).toBe(false);
  });

  test('stays closed for one key that fails again and again', () => {
    const circuit = new Circuit();
    for (let nth = 0; nth < 100; nth += 1) circuit.failed('poison');
    expect(circuit.isOpen).toBe(false);
  });

  test('begins to count again with every answer, and closes with one', () => {
    const circuit = new Circuit();
    for (const key of ['a', 'b', 'c', 'd']) circuit.failed(key);
    expect(circuit.answered()).toBe(false);
    for (const key of ['e', 'f', 'g', 'h']) circuit.failed(key);
    expect(circuit.isOpen).toBe(false);
    circuit.failed('i');
    expect(circuit.answered()).toBe(true);
    expect(circuit.isOpen).toBe(false);
  });
});

describe('a route', () => {
  test('means the types of its patterns', () => {
    const isMeant = createRoute({ on: ['customers.deleted', 'orders.*'], shard: null });
    const types = ['customers.deleted', 'customers.created', 'orders.created', 'ordersx.created'];
    expect(types.map((type) => isMeant({ type, subject: '1' }))).toEqual([true, false, true, false]);
    expect(types.map((type) => isMeant({ type, subject: '1' }))).toEqual([true, false, true, false]);
  });

  test('means each key in exactly one shard', () => {
    const routes = [0, 1, 2].map((number) => createRoute({ on: ['*'], shard: { number, of: 3 } }));
    for (let key = 0; key < 500; key += 1) {
      const event = { type: 'customers.created', subject: `key ${key}` };
      expect(routes.filter((isMeant) => isMeant(event))).toHaveLength(1);
    }
  });

  test('spreads keys evenly, and always in the same way', () => {
    const counts = [0, 0, 0, 0];
    for (let key = 0; key < 4000; key += 1) {
      const shard = shardOf(String(key), 4);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(800);
    expect(['', 'a', 'foobar', 'zoé'].map((key) => shardOf(key, 1000))).toEqual([261, 220, 720, 53]);
  });
});

describe('an entry', () => {
  const position = { generation: 1_760_000_000_000, seq: 4 };
  const id = '1760000000000-4';
  const json = eventOf({ type: 'deleted', key: '7', before: ['7'] }, position, {
    name: 'crm',
    source: '/crm',
    resource: 'customers',
    columns: [{ name: 'id', kind: 'text' }],
    time: '2026-01-02T03:04:05.000Z',
  });

  test('of ours is an event', () => {
    expect(readEntry({ id, event: json })).toMatchObject({
      is: 'event',
      event: { type: 'customers.deleted', subject: '7' },
    });
  });

  test.each([
    ['without a field "event"', id, null],
    ['that is no JSON', id, '{"id":'],
    ['that is null', id, 'null'],
    ['that is a list', id, '[]'],
    ['without a subject', id, json.replace('"subject"', '"object"')],
    ['without data', id, json.replace(/"data":.*$/, '"data":null}')],
    ['at another number', '1760000000000-5', json],
    ['of another generation', '1760000000001-4', json],
    ['whose sequence is another', id, json.replace('00000000000000000004', '00000000000000000005')],
  ])('%s is corrupt', (_, at, event) => {
    expect(readEntry({ id: at, event })).toMatchObject({ is: 'corrupt', because: expect.any(String) });
  });
});

describe('a cursor', () => {
  const at = (seq: number, generation = 10) => ({ generation, seq });
  const group = (facts: Partial<GroupState>): GroupState => {
    return { name: 'notify', lastDelivered: at(9), pending: 0, oldestPending: null, lag: 0, ...facts };
  };
  const streamOf = (...groups: GroupState[]): StreamState => ({ last: at(9), length: 9, first: at(1), groups });

  test('stands before the oldest event that is not acknowledged', () => {
    expect(watermarkOf(group({}))).toEqual(at(9));
    expect(watermarkOf(group({ pending: 2, oldestPending: at(4) }))).toEqual(at(3));
    expect(watermarkOf(group({ pending: 1, oldestPending: at(1) }))).toEqual(at(0));
  });

  test('never stands where the target has given out nothing yet', () => {
    const lease = { generation: 10, nextSeq: 10 };
    expect(cursorsIn(streamOf(group({})), lease)).toEqual([{ group: 'notify', position: at(9) }]);
    expect(cursorsIn(streamOf(group({ lastDelivered: at(10) })), lease)).toEqual([]);
    expect(cursorsIn(streamOf(group({ lastDelivered: at(0, 11) })), lease)).toEqual([]);
    expect(cursorsIn(streamOf(group({ lastDelivered: at(0, 0) })), lease)).toEqual([]);
    expect(cursorsIn(streamOf(group({ lastDelivered: at(900, 9) })), lease)).toHaveLength(1);
  });
});

describe('what is kept ready', () => {
  test('is little for a slow listener, and much for a fast one', () => {
    const prefetch = new Prefetch(8);
    expect(prefetch.limit).toBe(16);
    prefetch.lasted(500);
    expect(prefetch.limit).toBe(16);
    for (let read = 0; read < 20; read += 1) prefetch.lasted(1);
    expect(prefetch.limit).toBe(1024);
    prefetch.lasted(50);
    expect(prefetch.limit).toBe(1024);
    prefetch.lasted(500);
    expect(prefetch.limit).toBe(512);
  });
});
