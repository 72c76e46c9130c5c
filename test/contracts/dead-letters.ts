import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Position } from '../../src/event.ts';
import { type DeadLetterRow, type DeadLetters, deadLetterId } from '../../src/listener.ts';

export interface DeadLettersUnderTest {
  /** Another process's view of the same sync's dead letters, or of another sync's in the same database. */
  another(name?: string): Promise<DeadLetters>;
  close(): Promise<void>;
}

export function aDeadLetter(parts: Partial<DeadLetterRow> = {}): DeadLetterRow {
  const position: Position = parts.position ?? { generation: 5, seq: 1 };
  const group = parts.group ?? 'notify';
  return {
    id: deadLetterId(group, position),
    group,
    listener: 'notify',
    position,
    type: 'customers.deleted',
    key: '17',
    event: `{"id":"crm:5-${position.seq}"}`,
    reason: 'attempts',
    lastError: 'hooks.example answered 500',
    attemptsAt: [new Date('2026-01-02T03:04:05.000Z'), new Date('2026-01-02T03:04:06.500Z')],
    deadAt: new Date('2026-01-02T03:05:00.000Z'),
    ...parts,
  };
}

/** What every keeper of dead letters does, whatever database it is. */
export function deadLettersContract(name: string, make: () => Promise<DeadLettersUnderTest>): void {
  describe(`dead letters contract: ${name}`, () => {
    let it: DeadLettersUnderTest;
    let dead: DeadLetters;
    beforeEach(async () => {
      it = await make();
      dead = await it.another();
    });
    afterEach(() => it.close());

    const at = (seq: number, generation = 5) => ({ generation, seq });
    const idsOf = async (query = {}) => (await dead.list(query)).map(({ id }) => id);

    test('reads as empty before the first burial', async () => {
      expect(await dead.list({})).toEqual([]);
      expect(await dead.get('notify:5-1')).toBeNull();
      expect(await dead.drop('notify:5-1')).toBe(false);
      expect(await dead.countByListener()).toEqual({});
    });

    test('returns what was stored, to every process', async () => {
      const letter = aDeadLetter();
      expect(await dead.store(letter)).toBe(true);

      const other = await it.another();
      expect(await other.get(letter.id)).toEqual(letter);
      expect(await other.list({})).toEqual([letter]);
    });

    test('keeps one of an event and group, however many bury it, and the first stays', async () => {
      const others = await Promise.all(Array.from({ length: 3 }, () => it.another()));
      const storings = others.map((other, n) => other.store(aDeadLetter({ lastError: `mover ${n}` })));
      const news = await Promise.all(storings);

      expect(news.filter(Boolean)).toHaveLength(1);
      expect(await dead.list({})).toMatchObject([{ lastError: `mover ${news.indexOf(true)}` }]);
    });

    test('keeps the same event of two groups apart', async () => {
      expect(await dead.store(aDeadLetter())).toBe(true);
      expect(await dead.store(aDeadLetter({ group: 'audit', listener: 'audit' }))).toBe(true);
      expect(await dead.countByListener()).toEqual({ audit: 1, notify: 1 });
    });

    test('lists in the order of the events, generation first, whenever they were stored', async () => {
      for (const position of [at(12), at(3, 6), at(9), at(100), at(2)]) await dead.store(aDeadLetter({ position }));
      expect(await idsOf()).toEqual(['notify:5-2', 'notify:5-9', 'notify:5-12', 'notify:5-100', 'notify:6-3']);
    });

    test('goes on after one that is gone by now, also at the same position', async () => {
      for (const group of ['a', 'b', 'c']) await dead.store(aDeadLetter({ group, position: at(7) }));
      await dead.store(aDeadLetter({ group: 'a', position: at(8) }));
      const [, second] = await dead.list({ limit: 2 });
      await dead.drop(second?.id ?? '');

      expect(await idsOf({ after: second })).toEqual(['c:5-7', 'a:5-8']);
      expect(await idsOf({ after: second, limit: 1 })).toEqual(['c:5-7']);
    });

    test('finds by listener, key and age, and by all of them', async () => {
      const old = new Date('2025-01-01T00:00:00.000Z');
      await dead.store(aDeadLetter({ position: at(1) }));
      await dead.store(aDeadLetter({ position: at(2), listener: 'audit' }));
      await dead.store(aDeadLetter({ position: at(3), key: '18' }));
      await dead.store(aDeadLetter({ position: at(4), deadAt: old }));

      expect(await idsOf({ listener: 'audit' })).toEqual(['notify:5-2']);
      expect(await idsOf({ key: '18' })).toEqual(['notify:5-3']);
      expect(await idsOf({ olderThan: new Date('2025-06-01') })).toEqual(['notify:5-4']);
      expect(await idsOf({ listener: 'notify', key: '17', olderThan: new Date('2030-01-01') })).toEqual([
        'notify:5-1',
        'notify:5-4',
      ]);
    });

    test('drops one for all', async () => {
      const letter = aDeadLetter();
      await dead.store(letter);
      const other = await it.another();

      expect(await other.drop(letter.id)).toBe(true);
      expect(await dead.drop(letter.id)).toBe(false);
      expect(await dead.list({})).toEqual([]);
      expect(await dead.store(letter)).toBe(true);
    });

    test('keeps two syncs in one database apart', async () => {
      const theirs = await it.another('other-sync');
      await dead.store(aDeadLetter());

      expect(await theirs.list({})).toEqual([]);
      expect(await theirs.countByListener()).toEqual({});
      expect(await theirs.drop(aDeadLetter().id)).toBe(false);
      expect(await theirs.store(aDeadLetter())).toBe(true);
    });

    test('takes whatever an entry held that was not an event', async () => {
      const strange = aDeadLetter({
        position: { generation: Number('18446744073709551615'), seq: 2 ** 60 },
        type: '',
        key: `"'; DROP TABLE x; -- \u{1f600}`,
        event: '{"broken": \u0001',
        lastError: 'x'.repeat(100_000),
        attemptsAt: [],
      });
      await dead.store(strange);

      expect(await dead.get(strange.id)).toEqual(strange);
      expect(await dead.drop(strange.id)).toBe(true);
    });

    test('takes an error with half a surrogate pair', async () => {
      await dead.store(aDeadLetter({ lastError: 'half \ud83d' }));
      expect(await dead.list({})).toMatchObject([{ lastError: 'half \ufffd' }]);
    });
  });
}
