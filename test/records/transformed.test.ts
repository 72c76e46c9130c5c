import { expect, test } from 'vitest';
import { mapRecords } from '../../src/testing.ts';

const schema = { properties: { id: { type: 'string' }, total: { type: 'integer' } } };
interface Order {
  readonly id?: string;
  readonly lines?: { amount: number }[];
}
const orders: Order[] = [
  { id: '1', lines: [{ amount: 2 }, { amount: 3 }] },
  { id: '2', lines: [] },
];

test('a transform changes each record before it is mapped, and the map reads what it returns', async () => {
  const transform = ({ id, lines = [] }: Order) => ({
    ref: id,
    sum: lines.reduce((sum, { amount }) => sum + amount, 0),
  });
  const { records } = await mapRecords(orders, { schema, key: 'id', map: { id: 'ref', total: 'sum' }, transform });
  expect(records).toEqual([
    { id: '1', total: 5 },
    { id: '2', total: 0 },
  ]);
});

test('what it leaves out keeps its key, and is not rejected', async () => {
  const transform = (order: Order) => (order.id === '1' ? order : undefined);
  const mapped = await mapRecords([...orders, {}], { schema, key: 'id', transform });
  expect(mapped).toEqual({ records: [{ id: '1', total: null }], rejected: [], leftOut: ['2', null] });
});

test.each([
  [
    () => {
      throw new Error('no lines');
    },
    ['the transform failed: no lines'],
  ],
  [async () => ({}), ['the transform returned a promise, and it must return the record itself']],
  [() => null, ['is null, not an object']],
  [() => [], ['is an array, not an object']],
])('%s rejects the record under its own key', async (transform, reasons) => {
  const { rejected } = await mapRecords(orders.slice(0, 1), { schema, key: 'id', transform });
  expect(rejected).toEqual([{ key: '1', reasons }]);
});

test('one that changes the key is refused: without it, the same record would count as another one', async () => {
  const transform = (order: Order) => ({ ...order, id: `A-${order.id}` });
  const { rejected } = await mapRecords(orders.slice(0, 1), { schema, key: 'id', transform });
  expect(rejected).toEqual([
    { key: null, reasons: ['the transform changed the key from "1" to "A-1"; an expression of the map can do that'] },
  ]);
});

test('one that changes its argument does so once', async () => {
  const changing = (order: { id: string; total: number }) => {
    order.total += 1;
    return order;
  };
  const record = { id: '1', total: 1 };
  for (const total of [2, 2])
    expect((await mapRecords([record], { schema, key: 'id', transform: changing })).records).toEqual([
      { id: '1', total },
    ]);
  expect(record.total).toBe(1);
});
