import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Batch } from '../../src/batch.ts';
import { ConfigError } from '../../src/errors.ts';
import type { DeadLetters } from '../../src/listener.ts';
import { planSteps } from '../../src/pass/plan.ts';
import type { Syncs } from '../../src/syncs.ts';
import { aDeadLetter } from './dead-letters.ts';
import { ada, adaMoved, bob, checkpointOf, customersTable, type TargetWorld, takeOver, write } from './target.ts';

export interface SyncsWorld extends TargetWorld {
  syncs(): Syncs;
  deadLetters(name: string): DeadLetters & AsyncDisposable;
}

const shop = customersTable({ resource: 'buyers', table: 'buyers' });

/** Every sentence of the contract in `src/syncs.ts`. */
export function syncsContract(name: string, make: () => Promise<SyncsWorld>): void {
  describe(`the syncs of ${name}`, () => {
    let world: SyncsWorld;
    let syncs: Syncs;
    const opened: AsyncDisposable[] = [];
    const use = <T extends AsyncDisposable>(made: T): T => {
      opened.push(made);
      return made;
    };
    const open = async (sync: string) => use(await world.open(sync));
    /** Two records, three events, a cursor and a dead letter. */
    const aSync = async (sync: string, table = customersTable()) => {
      const target = await takeOver(await open(sync), table);
      await write(target, [ada, bob], { table, checkpoint: () => ({ checkpoint: checkpointOf(3) }) });
      await write(target, [adaMoved], { table });
      await target.saveGroups([{ group: 'notify', position: { generation: 1, seq: 2 } }]);
      await use(world.deadLetters(sync)).store(aDeadLetter());
      return target;
    };
    const countsOf = async (sync: string) => {
      const tables = ['_sync_lease', '_sync_passes', '_sync_outbox', '_sync_groups', '_sync_dead', '_sync_tables'];
      const counts: number[] = [];
      for (const table of tables) {
        counts.push((await world.rows(`SELECT 1 FROM ${table} WHERE name = '${sync}'`)).length);
      }
      return counts;
    };

    beforeEach(async () => {
      world = await make();
      syncs = use(world.syncs());
    });
    afterEach(async () => {
      for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    });

    test('are none where nothing has run', async () => {
      expect(await syncs.names()).toEqual([]);
      expect(await syncs.known('crm')).toBeNull();
      expect(await syncs.rename('crm', 'shop')).toBe(false);
      await syncs.forget('crm', null);
      expect(await syncs.known('crm')).toBeNull();
    });

    test('are known by name, in numbers', async () => {
      await aSync('crm');
      await aSync('shop', shop);
      expect(await syncs.names()).toEqual(['crm', 'shop']);
      expect(await syncs.known('crm')).toEqual({
        hasRun: true,
        tables: [{ resource: 'customers', table: 'customers', live: 2 }],
        events: 3,
        deadLetters: 1,
        groups: ['notify'],
      });
    });

    test('take all that is known of them along to another name', async () => {
      const before = await aSync('crm');
      await aSync('shop', shop);
      const known = await syncs.known('crm');
      expect(await syncs.rename('crm', 'sales')).toBe(true);
      expect(await syncs.known('crm')).toBeNull();
      expect(await syncs.known('sales')).toEqual(known);
      expect(await countsOf('crm')).toEqual([0, 0, 0, 0, 0, 0]);
      expect(await syncs.names()).toEqual(['sales', 'shop']);

      await expect(write(before, [ada])).rejects.toThrow('nothing was written');
      const target = await takeOver(await open('sales'));
      expect(await target.compare(customersTable(), [[adaMoved.key, adaMoved.hash]])).toMatchObject({ unchanged: [1] });
      expect(await syncs.rename('crm', 'sales')).toBe(false);
    });

    test('never take the name of one that has run, but of one that a daemon has only listened for', async () => {
      await aSync('crm');
      await aSync('shop', shop);
      await expect(syncs.rename('crm', 'shop')).rejects.toThrow(ConfigError);
      expect(await syncs.names()).toEqual(['crm', 'shop']);
      const daemon = await open('sales');
      await daemon.saveGroups([{ group: 'notify', position: { generation: 0, seq: 0 } }]);
      expect(await syncs.rename('crm', 'sales')).toBe(true);
      const { groups } = (await syncs.known('sales')) ?? {};
      expect(groups).toEqual(['notify']);
      expect(await daemon.groups()).toEqual([{ group: 'notify', position: { generation: 1, seq: 2 } }]);
    });

    test('are forgotten, and their rows stay', async () => {
      const before = await aSync('crm');
      await aSync('shop', shop);
      await syncs.forget('crm', null);
      expect(await syncs.known('crm')).toBeNull();
      expect(await countsOf('crm')).toEqual([0, 0, 0, 0, 0, 0]);
      expect(await world.rows('SELECT DISTINCT of_table FROM _sync_records')).toHaveLength(1);
      expect(await world.rows('SELECT id FROM customers')).toHaveLength(2);
      expect(await syncs.known('shop')).toMatchObject({ events: 3, deadLetters: 1 });

      await expect(write(before, [ada])).rejects.toThrow('nothing was written');
      const other = await takeOver(await open('sales'));
      expect((await write(other, [adaMoved, bob])).counts).toEqual({ created: 0, updated: 0, deleted: 0 });
    });

    test('give up some of their resources, which others may own then, and keep the rest', async () => {
      const buyers = customersTable({ resource: 'buyers', table: 'buyers' });
      const target = await takeOver(await open('crm'), customersTable(), buyers);
      await write(target, [ada, bob], { checkpoint: () => ({ checkpoint: checkpointOf(3) }) });
      await write(target, [ada], { table: buyers, checkpoint: () => ({ checkpoint: checkpointOf(3) }) });
      await expect(takeOver(await open('shop'), customersTable())).rejects.toThrow(
        '"cronsync forget crm --resource customers" hands it over',
      );
      await syncs.forget('crm', ['customers']);
      await takeOver(await open('shop'), customersTable());
      expect(await syncs.known('crm')).toMatchObject({ events: 3, tables: [{ resource: 'buyers', live: 1 }] });
      expect(await target.pass('customers')).toBeNull();
      expect(await target.pass('buyers')).not.toBeNull();
      await expect(takeOver(await open('crm'), customersTable(), buyers)).rejects.toThrow('belongs to the sync "shop"');
    });

    test('lose the updates that wait for the end of a pass with the resource', async () => {
      const target = await aSync('crm');
      const plan: Batch['plan'] = (records, found) => planSteps(records, found, { defers: () => true });
      await write(target, [ada], { plan });
      expect(await world.rows('SELECT 1 FROM _sync_deferred')).toHaveLength(1);
      await syncs.forget('crm', ['customers']);
      expect(await world.rows('SELECT 1 FROM _sync_deferred')).toEqual([]);
    });

    test('lose the rest that a forgetting left which was killed', async () => {
      await aSync('crm');
      await world.sql("UPDATE _sync_tables SET name = '~crm', resource = 'customers 1', table_name = '~1'");
      await world.sql("DELETE FROM _sync_lease WHERE name = 'crm'");
      expect(await syncs.known('crm')).toMatchObject({ hasRun: false, tables: [] });
      await syncs.forget('crm', null);
      expect(await syncs.known('crm')).toBeNull();
      expect(await world.rows('SELECT 1 FROM _sync_records')).toEqual([]);
      expect(await world.rows('SELECT 1 FROM _sync_tables')).toEqual([]);
    });

    test('keep their refresh tokens under another name, and lose them when the last sync that used them is forgotten', async () => {
      const [crm, shared] = [await aSync('crm'), await aSync('shop', shop)];
      await crm.refreshTokens.claim('own', 'run', 60_000);
      for (const { refreshTokens } of [crm, shared]) await refreshTokens.claim('of both', 'run', 0);
      const chains = async () =>
        (await world.rows('SELECT chain FROM _sync_tokens ORDER BY chain')).map(({ chain }) => chain);
      await syncs.rename('crm', 'sales');
      expect(await chains()).toEqual(['of both', 'own']);
      await syncs.forget('sales', null);
      expect(await chains()).toEqual(['of both']);
      await syncs.forget('shop', null);
      expect(await chains()).toEqual([]);
      expect(await world.rows('SELECT 1 FROM _sync_token_users')).toEqual([]);
    });

    test('have their tables dropped, also those that are gone', async () => {
      await aSync('crm');
      await syncs.dropTables(['customers', 'nothing "of" it']);
      await expect(world.rows('SELECT 1 FROM customers')).rejects.toThrow();
    });
  });
}
