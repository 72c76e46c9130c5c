import { expect, test } from 'vitest';
import { aSwap, person, unreadable } from './a-swap.ts';

const none = { created: 0, updated: 0, deleted: 0 };

test('at home, a record that cannot be read and never came before might be one that another adapter has brought', async () => {
  using system = aSwap();
  await system.run('hub', [[person('1', 'a@'), person('2', 'b@')]]);
  await system.run('lab', [[person('x1', 'a@'), person('x2', 'b@'), person('x3', 'c@')]]);
  const page = [[person('1', 'a@'), person('2', 'b@'), person('3', 'c@', unreadable)]];

  expect(await system.plan('hub', page)).toMatchObject({ counts: none, rejected: 1, verdict: { delete: 'none' } });
  expect(await system.run('hub', page)).toMatchObject({ counts: none, rejected: 1 });
  expect(system.live().map(({ id }) => id)).toEqual(['1', '2', 'x3']);
});

test('if only one adapter was ever at home, a record that cannot be read keeps its own key, and missing records are deleted', async () => {
  using system = aSwap();
  await system.run('hub', [[person('1', 'a@'), person('2', 'b@')]]);
  const page = [[person('1', 'a@'), person('3', 'c@', unreadable)]];
  expect(await system.run('hub', page)).toMatchObject({ counts: { ...none, deleted: 1 }, rejected: 1 });
});

test('the adapter that brings the first record is at home, even if another adapter failed before it', async () => {
  using system = aSwap();
  expect(await system.run('wrong', [null])).toMatchObject({ outcome: 'failed' });
  const first = await system.plan('hub', [[person('1', 'a@', unreadable)]]);
  expect(first.rejects.map(({ key }) => key)).toEqual(['1']);
  await system.run('hub', [[person('1', 'a@'), person('2', 'b@')]]);

  const moved = [[person('1', 'new@'), person('3', 'c@', unreadable)]];
  expect(await system.run('hub', moved)).toMatchObject({ counts: { ...none, updated: 1, deleted: 1 }, rejected: 1 });
  expect(system.live()).toEqual([person('1', 'new@')]);
});

test('an adapter that comes after records of another is not the first, even if these are all deleted', async () => {
  using system = aSwap();
  await system.run('hub', [[person('1', 'a@')]], { match: null });
  await system.run('hub', [[]], { match: null });
  await system.run('hub', [[]], { match: null, permits: [{ what: 'deletes', count: 1 }] });
  expect(system.live()).toEqual([]);
  await system.run('lab', [[person('1', 'z@')]]);
  expect(await system.reasons()).toEqual([
    { key: null, reasons: expect.stringContaining('its id at lab, 1, is the key of another record') },
  ]);
});
