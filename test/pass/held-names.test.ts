import { describe, expect, test } from 'vitest';
import type { HeldDeletes, HeldEmptied } from '../../src/checkpoint.ts';
import { isMeant, isUnclear, namesOfHeld } from '../../src/pass/held-names.ts';
import { HeldSet } from '../../src/pass/held-set.ts';
import { SeenSet } from '../../src/pass/seen-set.ts';
import { heldTokenOf, parseHeldToken } from '../../src/permit.ts';

const setOf = (...ids: number[]) => new SeenSet().with(ids);
const holding = (...ids: number[]) => new HeldSet().with({ deletes: setOf(...ids) });
const deletes = (count: number, pass = 5): HeldDeletes => ({ pass, count, live: 20, because: 'too many', at: 7 });
const nameOf = (held: HeldSet, pass = 5, before: ReturnType<typeof namesOfHeld> | null = null) =>
  namesOfHeld({ held: deletes(held.deletes.count, pass), heldEmptied: null }, held, before);

describe('the name of a held set', () => {
  test('has a digest of the very records, in whatever order they came', () => {
    const digests = [holding(1, 2, 70_000), holding(70_000, 2, 1), holding(1, 2, 3)].map(
      (held) => nameOf(held).deletes?.digest,
    );
    expect(digests[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(digests[1]).toBe(digests[0]);
    expect(digests[2]).not.toBe(digests[0]);
    const emptied = holding(1, 9).deletes;
    emptied.removeAll([9]);
    expect(emptied.digest).toBe(setOf(1).digest);
  });

  test('is there only for what can be permitted', () => {
    expect(namesOfHeld({ held: null, heldEmptied: null }, new HeldSet())).toEqual({ deletes: null, updates: null });
    expect(namesOfHeld({ held: deletes(3), heldEmptied: null }, holding(1)).deletes).toBeNull();
  });

  test('of values depends on the columns as well', () => {
    const emptied: HeldEmptied = { pass: 2, count: 2, columns: [], because: 'all', at: 1 };
    const digestOf = (first: string, second: string) => {
      const held = new HeldSet().with({
        emptied: new Map([
          [first, setOf(1)],
          [second, setOf(2)],
        ]),
      });
      return namesOfHeld({ held: null, heldEmptied: emptied }, held).updates?.digest;
    };
    expect(digestOf('email', 'state')).toMatch(/^[0-9a-f]{16}$/);
    expect(digestOf('email', 'state')).not.toBe(digestOf('state', 'email'));
  });

  test('remembers other sets of the passes before it, so that a number that fits both is unclear', () => {
    const first = nameOf(holding(1, 2), 5);
    const same = nameOf(holding(1, 2), 6, first);
    expect(same.deletes?.earlier).toEqual([]);
    const other = nameOf(holding(3, 4), 7, same).deletes;
    const third = nameOf(holding(3, 4, 5), 8, nameOf(holding(3, 4), 7, same)).deletes;
    if (!other || !third || !first.deletes) throw new Error('expected names');
    expect(other.earlier).toEqual([{ count: 2, digest: first.deletes.digest }]);
    expect([isUnclear({ count: 2 }, other), isUnclear({ count: 3 }, third)]).toEqual([true, false]);
    expect(isUnclear({ count: 2, digest: other.digest.slice(0, 4) }, other)).toBe(false);
    expect(isMeant({ count: 2, digest: first.deletes.digest.slice(0, 4) }, other)).toBe(false);
    expect(isMeant({ count: 2, digest: other.digest.slice(0, 4) }, other)).toBe(true);
    expect(isMeant({ count: 3 }, other)).toBe(false);
  });

  test('is typed as a number, or as a number and the start of the digest', () => {
    expect(heldTokenOf({ count: 340, digest: '9f3c0011aabbccdd' })).toBe('340@9f3c');
    expect(parseHeldToken('340@9f3c')).toEqual({ count: 340, digest: '9f3c' });
    expect(parseHeldToken('340')).toEqual({ count: 340 });
    for (const text of ['0', '', 'all', '340@', '340@9f', '340@xyzw', '-3', '3.5'])
      expect(parseHeldToken(text)).toBeUndefined();
  });
});
