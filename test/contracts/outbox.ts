import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { textOf } from '../helpers/database.ts';
import { record, type TargetWorld, takeOver, write } from './target.ts';

/** More events than a transaction keeps as text. Some texts are longer in UTF-8 than they are in JavaScript. */
const many = Array.from({ length: 40 }, (_, n) => record(`${n + 1}`, `pérson\n${n}@example.com`, n, null, true, null));

/** How a target keeps the events of a large transaction. */
export function outboxContract(name: string, make: () => Promise<TargetWorld>): void {
  describe(`the outbox of ${name}`, () => {
    let world: TargetWorld;
    const opened: AsyncDisposable[] = [];
    const use = <T extends AsyncDisposable>(made: T): T => {
      opened.push(made);
      return made;
    };
    const open = async () => takeOver(use(await world.open('crm')));
    const reader = async () => use(await world.reader('crm'));
    const stored = async () => (await world.rows('SELECT * FROM _sync_outbox ORDER BY first_seq')).map(textOf);

    beforeEach(async () => {
      world = await make();
    });
    afterEach(async () => {
      for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    });

    test('packs the events of a large transaction, and keeps those of a small one as text', async () => {
      const target = await open();
      await write(target, many);
      await write(target, [record('41', 'few@example.com', 1, null, true, null)]);
      const rows = await world.rows('SELECT * FROM _sync_outbox ORDER BY first_seq');
      const [packed, plain] = rows.map((row) => row.packed ?? row.events);
      expect(packed).toBeInstanceOf(Uint8Array);
      expect((packed as Uint8Array).length).toBeLessThan(many.length * 60);
      expect(plain).toMatch(/^\{"specversion".*few@example\.com.*\}$/);
      expect(await stored()).toHaveLength(2);
      const { generation, firstSeq, events } = await (await reader()).outbox({ generation: 0, seq: 0 }, 99);
      expect([generation, firstSeq]).toEqual([(await target.fence())?.generation, 1]);
      expect(events.join('\n')).toBe((await stored()).join('\n'));
      expect(events.map((event) => JSON.parse(event).data.after.email)).toEqual([
        ...many.map(({ values }) => values[1]),
        'few@example.com',
      ]);
    });

    test('keeps them as text where SQL is to read them, also when they move', async () => {
      const target = await open();
      await write(target, many, { events: { source: '/test', silent: false, asText: true } });
      const texts = async () =>
        (await world.rows('SELECT events FROM _sync_outbox')).map(({ events }) => String(events));
      expect((await texts()).join('').split('\n')).toHaveLength(many.length);
      expect((await (await reader()).outbox({ generation: 0, seq: 0 }, 99)).events.join('\n')).toBe((await texts())[0]);
      const floor = Date.now() + 5_000_000;
      await target.rebase(floor, { generation: 0, seq: 0 });
      expect((await (await reader()).outbox({ generation: floor, seq: 0 }, 99)).events.join('\n')).toBe(
        (await texts())[0],
      );
    });

    test('gives packed events from inside a transaction on', async () => {
      await write(await open(), many);
      const old = await reader();
      const generation = (await old.fence())?.generation ?? 0;
      const { firstSeq, events } = await old.outbox({ generation, seq: 38 }, 1);
      expect([firstSeq, events.map((event) => JSON.parse(event).subject)]).toEqual([39, ['39', '40']]);
    });

    test('moves packed events to a new generation, and keeps those that were passed', async () => {
      const target = await open();
      await write(target, many);
      const generation = (await target.fence())?.generation ?? 0;
      const floor = Date.now() + 5_000_000;
      expect(await target.rebase(floor, { generation, seq: 10 })).toEqual({ generation: floor, moved: 30 });
      const old = await reader();
      const [passed, moved] = [
        await old.outbox({ generation, seq: 0 }, 99),
        await old.outbox({ generation: floor, seq: 0 }, 99),
      ];
      expect([passed.firstSeq, passed.events.length, moved.firstSeq, moved.events.length]).toEqual([1, 10, 11, 30]);
      expect(JSON.parse(moved.events.at(-1) ?? '').id).toBe(`crm:${floor}-40`);
    });
  });
}
