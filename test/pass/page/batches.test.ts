import { describe, expect, test } from 'vitest';
import { type Batching, BatchSize, batchesOf } from '../../../src/pass/page/batches.ts';
import type { Prepare, RecordBatch } from '../../../src/record.ts';

/** Numbers are good records, keyed by what is left of the point; anything else is rejected. */
const prepare: Prepare = (raw) =>
  typeof raw === 'number'
    ? { key: String(Math.trunc(raw)), values: [raw], hash: String(raw) }
    : { key: null, reasons: ['no number'], raw };

async function batches(
  records: Parameters<typeof batchesOf>[0]['records'],
  size: number,
  counts: Batching['counts'] = 'first',
): Promise<readonly RecordBatch[]> {
  return all(batchesOf({ records }, { prepare, size: () => size, counts }));
}

async function all<T>(given: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const one of given) list.push(one);
  return list;
}
const range = (count: number) => Array.from({ length: count }, (_, at) => at);
const shapeOf = (given: readonly RecordBatch[]) => given.map(({ raw, isLast }) => [raw, isLast]);

describe('the batches of a page', () => {
  test.each([
    [0, [[0, true]]],
    [1, [[1, true]]],
    [9, [[9, true]]],
    [10, [[10, true]]],
    [
      11,
      [
        [10, false],
        [1, true],
      ],
    ],
    [
      20,
      [
        [10, false],
        [10, true],
      ],
    ],
    [
      25,
      [
        [10, false],
        [10, false],
        [5, true],
      ],
    ],
  ])('of %i records, ten at a time, end with one that is known to be the last', async (count, expected) => {
    expect(shapeOf(await batches(range(count), 10))).toEqual(expected);
  });

  test('bring every record once, in order', async () => {
    const given = await batches(range(57), 10);
    expect(given.flatMap(({ records }) => records.map(({ key }) => Number(key)))).toEqual(range(57));
  });

  test('have fewer records if these are large', async () => {
    const quarter = 'x'.repeat(250_000);
    const large: Prepare = (raw) => ({ key: String(raw), values: [quarter], hash: String(raw) });
    expect(
      shapeOf(await all(batchesOf({ records: range(10) }, { prepare: large, size: () => 100, counts: 'first' }))),
    ).toEqual([
      [4, false],
      [4, false],
      [2, true],
    ]);
  });

  test('are read from a stream as well', async () => {
    async function* stream() {
      yield* range(12);
    }
    expect(shapeOf(await batches(stream(), 10))).toEqual([
      [10, false],
      [2, true],
    ]);
  });

  test.each([
    ['first', 1.1],
    ['last', 1.3],
  ] as const)(
    'keep the %s of several records with one key where that one counts, and count the others',
    async (counts, kept) => {
      const [batch] = await batches([1.1, 2, 1.2, 1.3], 10, counts);
      expect(batch).toMatchObject({ raw: 4, duplicates: 2 });
      expect(batch?.records.map(({ key, values }) => [key, ...values])).toEqual([
        ['1', kept],
        ['2', 2],
      ]);
    },
  );

  test('keep rejected records apart', async () => {
    const [batch] = await batches([1, 'x', 2, null], 10);
    expect(batch).toMatchObject({ raw: 4, duplicates: 0, rejected: [{ raw: 'x' }, { raw: null }] });
    expect(batch?.records).toHaveLength(2);
  });

  test('take on a new size between batches', async () => {
    const sizes = [2, 2, 2, 5];
    let asked = 0;
    const given = await all(
      batchesOf({ records: range(9) }, { prepare, size: () => sizes[Math.min(asked++, 3)] ?? 5, counts: 'first' }),
    );
    expect(given.reduce((sum, { raw }) => sum + raw, 0)).toBe(9);
    expect(given.at(-1)?.isLast).toBe(true);
  });

  test('end with the error that the third party throws while it is read, without a last batch', async () => {
    async function* broken() {
      yield* range(25);
      throw new Error('cut off');
    }
    const given: RecordBatch[] = [];
    const reading = async () => {
      for await (const batch of batchesOf({ records: broken() }, { prepare, size: () => 10, counts: 'first' }))
        given.push(batch);
    };
    await expect(reading()).rejects.toThrow('cut off');
    expect(given.every(({ isLast }) => !isLast)).toBe(true);
  });
});

describe('the size of a batch', () => {
  test('goes up if batches are quick, and down if they are slow, within bounds', () => {
    const quick = new BatchSize(40);
    for (let n = 0; n < 50; n += 1) quick.learn(quick.value, 0);
    expect(quick.value).toBe(2000);
    for (let n = 0; n < 50; n += 1) quick.learn(quick.value, 100_000);
    expect(quick.value).toBe(200);
  });

  test('is smaller while no record is written', () => {
    const size = new BatchSize(40);
    for (let n = 0; n < 50; n += 1) size.learn(size.value, 0);
    size.learn(size.value, 0, 0);
    expect(size.value).toBe(1000);
    size.learn(size.value, 0, 1);
    expect(size.value).toBe(2000);
  });

  test('learns nothing from a small rest', () => {
    const size = new BatchSize(40);
    const before = size.value;
    size.learn(3, 5000);
    expect(size.value).toBe(before);
  });
});
