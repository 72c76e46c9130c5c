import { expect, test } from 'vitest';
import { HeldSet } from '../../src/pass/held-set.ts';
import { SeenSet } from '../../src/pass/seen-set.ts';

function setOf(...ids: number[]): SeenSet {
  const set = new SeenSet();
  set.addAll(ids);
  return set;
}

test('what is held is the same after it was stored', () => {
  const held = new HeldSet({
    deletes: setOf(1, 70_000),
    emptied: new Map([['e mail', setOf(2, 3)]]),
    pending: new Map([['state', setOf(4)]]),
    updates: setOf(5),
    deferred: setOf(6, 7),
  });
  const restored = HeldSet.restore(held.serialize());
  expect([...restored.deletes]).toEqual([1, 70_000]);
  expect([...(restored.emptied.get('e mail') ?? [])]).toEqual([2, 3]);
  expect([...(restored.pending.get('state') ?? [])]).toEqual([4]);
  expect([[...restored.updates], [...restored.deferred]]).toEqual([[5], [6, 7]]);
});

test('what holds nothing is stored as nothing', () => {
  expect(new HeldSet().serialize()).toBeNull();
  expect(HeldSet.restore(null).deletes.count).toBe(0);
});
