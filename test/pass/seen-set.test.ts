import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SeenSet } from '../../src/pass/seen-set.ts';

const someId = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.constantFrom(65_535, 65_536, 65_537, 131_071, 131_072),
  fc.integer({ min: 1, max: 20_000_000 }),
);
const ids = fc.array(someId, { maxLength: 200 });

describe('what a pass has seen', () => {
  test('is a set of ids', () => {
    fc.assert(
      fc.property(ids, ids, (added, asked) => {
        const seen = new SeenSet();
        const model = new Set(added);
        seen.addAll(added);
        expect(seen.count).toBe(model.size);
        for (const id of [...added, ...asked]) expect(seen.has(id)).toBe(model.has(id));
      }),
    );
  });

  test('leaves out ids that were removed', () => {
    fc.assert(
      fc.property(ids, ids, (added, gone) => {
        const seen = new SeenSet();
        const model = new Set(added.filter((id) => !gone.includes(id)));
        seen.addAll(added);
        seen.removeAll(gone);
        expect(seen.count).toBe(model.size);
        for (const id of [...added, ...gone]) expect(seen.has(id)).toBe(model.has(id));
      }),
    );
  });

  test('is the same after it was stored and restored, and can grow', () => {
    fc.assert(
      fc.property(ids, ids, (before, after) => {
        const first = new SeenSet();
        first.addAll(before);
        const seen = SeenSet.restore(first.serialize());
        expect(seen.count).toBe(new Set(before).size);
        seen.addAll(after);
        const model = new Set([...before, ...after]);
        expect(seen.count).toBe(model.size);
        for (const id of model) expect(seen.has(id)).toBe(true);
      }),
    );
  });

  test('with more ids is a copy, which leaves the original as it was', () => {
    const seen = new SeenSet();
    seen.addAll([1, 70_000]);
    const more = seen.with([2, 1, 70_001]);
    expect([more.count, [1, 2, 70_000, 70_001].every((id) => more.has(id))]).toEqual([4, true]);
    expect([seen.count, seen.has(2), seen.has(70_001)]).toEqual([2, false, false]);
  });

  test('is empty if nothing was stored', () => {
    expect(SeenSet.restore(null).count).toBe(0);
    expect(SeenSet.restore(new SeenSet().serialize()).count).toBe(0);
  });

  test('of a million records in a row is stored in a few kilobytes', () => {
    const seen = new SeenSet();
    for (let id = 1; id <= 1_000_000; id += 1) seen.add(id);
    expect(seen.serialize().length).toBeLessThan(8192);
  });
});

describe('two sets', () => {
  const setOf = (...ids: number[]) => {
    const set = new SeenSet();
    set.addAll(ids);
    return set;
  };

  test('have ids in common, and ids that only one has, in order', () => {
    const [a, b] = [setOf(70_000, 3, 8, 0), setOf(8, 70_000, 9)];
    expect([[...a.and(b)], [...a.without(b)], [...b.without(a)]]).toEqual([[8, 70_000], [0, 3], [9]]);
  });
});
