import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LineCutter } from '../../../src/adapters/file/line-cutter.ts';
import { ndjsonLines } from '../../../src/adapters/file/ndjson.ts';
import { BodyChunk } from '../../../src/adapters/rest/body-chunk.ts';
import { Pass } from '../../../src/pass/pass.ts';
import type { Resource } from '../../../src/pass/resource.ts';
import type { RunContext } from '../../../src/run/context.ts';
import type { Target } from '../../../src/target.ts';
import { checkSample } from '../../../src/verify/sample.ts';
import { aRun, thirdPartyOf } from '../../run/a-run.ts';
import { aSystem, type System } from '../../run/a-system.ts';

let system: System;
beforeEach(async () => {
  system = await aSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

type Customer = { readonly id: number; readonly email: unknown };
const customers = (count: number): Customer[] =>
  Array.from({ length: count }, (_, n) => ({ id: n + 1, email: `${n + 1}@example.com` }));

async function* bytesOf(records: readonly object[]) {
  yield Buffer.from(records.map((record) => JSON.stringify(record)).join('\n'));
}

interface Asked {
  readonly release?: string;
  readonly leastRecords?: number;
  readonly run?: Partial<RunContext>;
  /** How many records a page has; absent: all are in one file. */
  readonly perPage?: number;
  readonly startsOver?: boolean;
  /** What the run writes to. */
  readonly targetOf?: (target: Target) => Target;
}

/** Another run takes one pass over these records. Returns which of them were read, and what the pass did. */
async function passOver(
  records: readonly Customer[],
  { release = '1', leastRecords = 1, run = {}, perPage, startsOver = false, targetOf = (target) => target }: Asked = {},
) {
  await system.takeOver();
  const read: unknown[] = [];
  const prepare: Resource['prepare'] = (raw) => {
    read.push((raw as Customer).id);
    return system.resource.prepare(raw);
  };
  const resource = { ...system.resource, prepare, chunks: { meaning: release, leastRecords } };
  const pass = new Pass(resource, await system.target.pass('customers'));
  if (startsOver) pass.startOver();
  const thirdParty = thirdPartyOf('acme', {
    async fetchPage({ cursor }) {
      if (perPage === undefined) {
        const chunks = ndjsonLines(bytesOf(records), 'it', new LineCutter({ least: 200, most: 2000 }));
        return { mode: 'snapshot', records, chunks, next: null };
      }
      const at = Number(cursor ?? 0);
      const page = records.slice(at, at + perPage);
      const next = at + perPage < records.length ? String(at + perPage) : null;
      return {
        mode: 'snapshot',
        records: page,
        chunks: [new BodyChunk(Buffer.from(JSON.stringify(page)), page, 0)],
        next,
      };
    },
  });
  const context = aRun(targetOf(system.target), { thirdParty, ...run });
  for (;;) {
    const { ended } = await pass.step(context);
    if (ended)
      return { read, ended, drift: await checkSample(pass, context), records: pass.checkpoint?.progress.records };
  }
}

describe('a pass over what the last one has found', () => {
  test('reads no record of it, and takes each for seen', async () => {
    await passOver(customers(500));
    expect(await passOver(customers(500))).toMatchObject({ read: [], records: 500, ended: { deleted: 0 } });
    expect(system.customers()).toHaveLength(500);
  });

  test('reads the chunks that have changed, and deletes what they no longer have', async () => {
    await passOver(customers(500));
    const later = customers(500)
      .filter(({ id }) => id !== 3)
      .map((one) => (one.id === 400 ? { ...one, email: 'new@example.com' } : one));
    const { read, ended } = await passOver(later, { run: { batchSize: anySize } });
    expect(read.length).toBeLessThan(250);
    expect(read).toContain(400);
    expect(ended.deleted).toBe(1);
    expect(await system.emails('customers.updated')).toEqual(['new@example.com']);
    expect((await passOver(later)).read).toEqual([]);
  });

  test('reads no page that it knows, wherever it stands', async () => {
    await passOver(customers(100), { perPage: 25 });
    expect((await passOver(customers(100), { perPage: 25 })).read).toEqual([]);
    const moved = [...customers(100).slice(25), ...customers(25)];
    expect(await passOver(moved, { perPage: 25 })).toMatchObject({ read: [], records: 100 });
  });

  test.each<[string, Asked]>([
    ['another release', { release: '2' }],
    ['a run that asks for everything', { startsOver: true }],
  ])('reads all of it in %s', async (_name, asked) => {
    await passOver(customers(100));
    expect((await passOver(customers(100), asked)).read).toHaveLength(100);
  });

  test('reads all of it after a repair', async () => {
    await passOver(customers(100));
    await system.target.forget('customers', [7]);
    expect((await passOver(customers(100))).read).toHaveLength(100);
  });

  test('reads all of it where it is small', async () => {
    await passOver(customers(100), { leastRecords: 101 });
    expect((await passOver(customers(100), { leastRecords: 101 })).read).toHaveLength(100);
  });

  test('finds a row that somebody else has changed or deleted, as any pass does', async () => {
    await passOver(customers(90));
    system.sql("UPDATE customers SET email = 'other' WHERE id = 7; DELETE FROM customers WHERE id = 80");
    const { read, drift } = await passOver(customers(90));
    expect([read, drift?.rows.map(({ key }) => key)]).toEqual([[], ['7', '80']]);
  });
});

/** Chunks are passed over as soon as one record was read before them. */
const anySize = { value: 4, learn() {} } as unknown as RunContext['batchSize'];

describe('a chunk is read again', () => {
  test('as long as one of its records is rejected', async () => {
    const records = customers(400).map((one) => (one.id === 200 ? { ...one, email: {} } : one));
    await passOver(records);
    const { read } = await passOver(records, { run: { batchSize: anySize } });
    expect(read).toContain(200);
    expect(read.length).toBeLessThan(200);
  });

  test('as long as it repeats a key', async () => {
    const records = [...customers(40), { id: 1, email: 'twice@example.com' }];
    await passOver(records);
    expect((await passOver(records)).read).toContain(1);
    expect(await system.emails('customers.updated')).toEqual([]);
  });

  test('after a pass in which another record with one of its keys came first', async () => {
    const [first, second] = [
      { id: 1, email: 'first@example.com' },
      { id: 1, email: 'second@example.com' },
    ];
    const [others, more] = [customers(40).slice(1), customers(79).slice(40)];
    const pages = (...all: Customer[][]) => passOver(all.flat(), { perPage: 40 });
    await pages([first, ...others], more);
    await pages([second, ...more], [first, ...others]);
    await pages([first, ...others], more);
    expect(await system.emails('customers.updated')).toEqual(['second@example.com', 'first@example.com']);
  });

  test('in the pass after one that was killed, whatever it has written', async () => {
    await passOver(customers(200));
    const changed = customers(200).map((one) => (one.id > 150 ? { ...one, email: 'x@example.com' } : one));
    const killed = passOver(changed, { run: { batchSize: anySize }, targetOf: killedBetweenParts });
    await expect(killed).rejects.toThrow('killed');
    expect((await passOver(customers(200))).read).toHaveLength(200);
    const updates = await system.emails('customers.updated');
    expect(updates.slice(updates.length / 2)).not.toContain('x@example.com');
  });
});

/** A target that writes a batch in several transactions, and dies after the first. */
function killedBetweenParts(target: Target): Target {
  return {
    ...target,
    async commit({ checkpoint: _, ...part }, signal) {
      await target.commit(part, signal);
      throw new Error('killed');
    },
  };
}
