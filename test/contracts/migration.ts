import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { beforeEverything } from '../../src/event.ts';
import type { Column } from '../../src/record.ts';
import type { ResourceTable } from '../../src/table.ts';
import type { TargetReader } from '../../src/target.ts';
import { batchOf, type TargetWorld, takeOver } from './target.ts';

/** The sync of `test/fixtures/release-0.1.0`: three runs, with an outbox, rejects, dead letters and a listener's cursor. */
export const oldName = 'crm-of-0.1.0';

const columns: readonly Column[] = [
  { name: 'id', kind: 'text' },
  { name: 'email', kind: 'text' },
  { name: 'state', kind: 'text' },
  { name: 'tags', kind: 'json' },
];
export const oldCustomers: ResourceTable = {
  ...{ resource: 'customers', table: 'customers', key: ['id'] },
  ...{ columns, mapped: columns, onDelete: 'soft' },
};

/** What a database that release 0.1.0 made is to this release. `make` gives one. */
export function migrationContract(name: string, make: () => Promise<TargetWorld>): void {
  describe(`${name} as release 0.1.0 left it`, () => {
    let world: TargetWorld;
    const opened: AsyncDisposable[] = [];
    const use = <T extends AsyncDisposable>(made: T): T => {
      opened.push(made);
      return made;
    };
    const open = async (sync = oldName) => use(await world.open(sync));
    const reader = async () => use(await world.reader(oldName));
    const version = async () => Number((await world.rows('SELECT version FROM _sync_schema'))[0]?.version);

    beforeEach(async () => {
      world = await make();
    });
    afterEach(async () => {
      for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    });

    test('is read without being changed', async () => {
      expect(await knownBy(await reader())).toMatchObject({
        fence: { fence: 3, nextSeq: 26 },
        pass: { checkpoint: { pass: 3, phase: 'done' }, held: null },
        live: 18,
        events: 25,
        groups: [{ group: 'notify', position: { seq: 23 } }],
        runs: ['done', 'done', 'done'],
        rejects: 1,
        row: { key: '5', row: ['5', 'person5@example.com', 'active', '["label2"]'] },
      });
      expect(await version()).toBe(1);
    });

    test('keeps its version while a daemon or a command writes', async () => {
      const target = await open();
      await target.saveGroups([{ group: 'notify', position: { generation: 9_999_999_999_999, seq: 24 } }]);
      await target.purgeRejects('customers', 99);
      expect(await target.slots.take({ id: 'one', key: 'acme' }, { hits: 1, perMs: 1000 }, 0)).toEqual({
        granted: true,
      });
      expect(await version()).toBe(1);
    });

    test('is migrated by the run that takes over, and loses nothing', async () => {
      const { fence: before, ...known } = await knownBy(await reader());
      const target = await takeOver(await open(), oldCustomers);
      const { fence, ...kept } = await knownBy(await reader());
      expect(await version()).toBe(2);
      expect(kept).toEqual(known);
      expect(fence).toMatchObject({ fence: 4, generation: before?.generation, nextSeq: before?.nextSeq });
      const checkpoint = known.pass?.checkpoint;
      if (!checkpoint) throw new Error('there is no checkpoint');
      await target.save('customers', { checkpoint, held: new Uint8Array([7]) });
      expect((await target.pass('customers'))?.held).toEqual(new Uint8Array([7]));
    });

    test('has nothing to compare rows with but their hashes, and keeps no drift before it is migrated', async () => {
      const old = await reader();
      const [known] = await old.known(oldCustomers, { ids: [5] });
      expect(known).toMatchObject({
        key: '5',
        fields: null,
        row: ['5', 'person5@example.com', 'active', '["label2"]'],
      });
      await (await open()).saveDrift('customers', { checkedTo: 7, found: null });
      expect(await old.drift('customers')).toEqual({ checkedTo: 0, found: null });
    });

    test('takes a batch of the run that has migrated it', async () => {
      const target = await takeOver(await open(), oldCustomers);
      const record = { key: '5', values: ['5', 'new@example.com', 'active', '["label2"]'], hash: 'another' };
      const { counts } = await target.commit(
        batchOf([record], { table: oldCustomers, events: { source: '/test', silent: false } }),
        new AbortController().signal,
      );
      expect(counts).toEqual({ created: 0, updated: 1, deleted: 0 });
      expect(await target.compare(oldCustomers, [['5', 'another']])).toEqual({ unchanged: [5], different: [] });
    });

    test('is migrated once by two syncs that take over at the same time', async () => {
      const invoices = { ...oldCustomers, resource: 'invoices', table: 'invoices' };
      await Promise.all([takeOver(await open(), oldCustomers), takeOver(await open('billing'), invoices)]);
      expect(await version()).toBe(2);
    });

    test('is refused once a later release has migrated it, with both versions named', async () => {
      await world.sql('UPDATE _sync_schema SET version = 3');
      const refusal = /have version 3, and this release knows versions up to 2; nothing was written/;
      await expect((await reader()).pass('customers')).rejects.toThrow(refusal);
      await expect(takeOver(await open(), oldCustomers)).rejects.toThrow(refusal);
      await expect(takeOver(await open(), oldCustomers)).rejects.toThrow(ConfigError);
    });
  });
}

async function knownBy(reader: TargetReader) {
  const { events } = await reader.outbox(beforeEverything, 1000);
  const [row] = await reader.rowsOf(oldCustomers, [5]);
  return {
    fence: await reader.fence(),
    pass: await reader.pass('customers'),
    live: await reader.countLive('customers'),
    events: events.length,
    groups: await reader.groups(),
    runs: (await reader.runs(9)).map(({ outcome }) => outcome),
    rejects: await reader.countRejects('customers'),
    row,
  };
}
