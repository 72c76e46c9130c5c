import { describe, expect, test, vi } from 'vitest';
import type { Comparison } from '../../../src/batch.ts';
import { type AheadOptions, BatchesAhead } from '../../../src/pass/page/batches-ahead.ts';
import type { RecordBatch } from '../../../src/record.ts';

const batchOf = (raw: number): RecordBatch => ({ records: [], rejected: [], raw, duplicates: 0, isLast: false });
const comparisonOf = ({ raw }: RecordBatch): Comparison => ({ unchanged: [raw], different: [] });

/** Batches 1 to `count`, with a note of each step. */
function aPage(count: number, changes: Partial<AheadOptions> & { readonly fails?: number } = {}) {
  const steps: string[] = [];
  async function* batches() {
    try {
      for (let raw = 1; raw <= count; raw += 1) {
        if (raw === changes.fails) throw new Error(`batch ${raw} is broken`);
        steps.push(`read ${raw}`);
        yield batchOf(raw);
      }
    } finally {
      steps.push('closed');
    }
  }
  const compare = async (batch: RecordBatch) => {
    steps.push(`compare ${batch.raw}`);
    return comparisonOf(batch);
  };
  return { steps, ahead: new BatchesAhead(batches(), { compare, stop: () => steps.push('stopped'), ...changes }) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('while a batch is written, the next one is compared, the one after it is read, and no more', async () => {
  const { ahead, steps } = aPage(5);
  const given: number[] = [];
  for await (const { read, compared } of ahead) {
    given.push(read.raw);
    expect(compared).toEqual(comparisonOf(read));
    await settled();
    expect(steps).toContain(`compare ${Math.min(5, read.raw + 1)}`);
    expect(steps).toContain(`read ${Math.min(5, read.raw + 2)}`);
    expect(steps).not.toContain(`compare ${read.raw + 2}`);
    expect(steps).not.toContain(`read ${read.raw + 3}`);
  }
  expect(given).toEqual([1, 2, 3, 4, 5]);
});

test('batches that cannot be compared ahead are read ahead only', async () => {
  const { ahead, steps } = aPage(2, { compare: null });
  for await (const { compared } of ahead) expect(compared).toBeNull();
  expect(steps).toEqual(['read 1', 'read 2', 'closed']);
});

describe('a failure', () => {
  test.each([1, 2, 3])('to read batch %i is thrown once those before it are given', async (fails) => {
    const { ahead } = aPage(3, { fails });
    const given: number[] = [];
    const taking = async () => {
      for await (const { read } of ahead) {
        given.push(read.raw);
        await settled();
      }
    };
    await expect(taking()).rejects.toThrow(`batch ${fails} is broken`);
    expect(given).toEqual([1, 2, 3].slice(0, fails - 1));
  });

  test('to compare a batch is thrown in its turn', async () => {
    const compare = async (batch: RecordBatch) => {
      if (batch.raw === 2) throw new Error('the database is away');
      return comparisonOf(batch);
    };
    const { ahead } = aPage(3, { compare });
    const taking = ahead[Symbol.asyncIterator]();
    expect((await taking.next()).value?.read.raw).toBe(1);
    await settled();
    await expect(taking.next()).rejects.toThrow('the database is away');
  });

  test('of the writer ends what is read and compared ahead, and stays the reason', async () => {
    const stop = new AbortController();
    const closed = vi.fn();
    async function* batches() {
      try {
        yield batchOf(1);
        yield batchOf(2);
        await new Promise((_, reject) => stop.signal.addEventListener('abort', () => reject(new Error('aborted'))));
      } finally {
        closed();
      }
    }
    const compare = async (batch: RecordBatch) => comparisonOf(batch);
    const writing = async () => {
      await using ahead = new BatchesAhead(batches(), { compare, stop: () => stop.abort() });
      for await (const { read } of ahead) {
        await settled();
        throw new Error(`the disk is full at batch ${read.raw}`);
      }
    };
    await expect(writing()).rejects.toThrow('the disk is full at batch 1');
    expect(closed).toHaveBeenCalledOnce();
  });
});
