import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Batch, Committed, Found } from '../../src/batch.ts';
import { type Checkpoint, startOver } from '../../src/checkpoint.ts';
import { type Drift, type KnownQuery, noDrift } from '../../src/drift.ts';
import { ConfigError, FencedError } from '../../src/errors.ts';
import type { Position } from '../../src/event.ts';
import { differingFields, digestFields } from '../../src/field-digests.ts';
import { planSteps } from '../../src/pass/plan.ts';
import type { Column, Prepared, Values } from '../../src/record.ts';
import type { OnDelete, ResourceTable } from '../../src/table.ts';
import type { Target, TargetReader } from '../../src/target.ts';
import { aCheckpoint } from '../pass/a-pass.ts';

/** A fresh database, with the system that lives in it. */
export interface TargetWorld extends AsyncDisposable {
  open(name: string): Promise<Target>;
  reader(name: string): Promise<TargetReader>;
  /** Runs a statement as the system does. */
  sql(statement: string): Promise<void>;
  /** Reads rows as the system does. */
  rows(query: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

const column = (name: string, kind: Column['kind']): Column => ({ name, kind });
export const customerColumns: readonly Column[] = [
  column('id', 'text'),
  column('email', 'text'),
  column('visits', 'integer'),
  column('score', 'real'),
  column('active', 'boolean'),
  column('tags', 'json'),
];

export function customersTable(changes: Partial<ResourceTable> = {}): ResourceTable {
  const columns = changes.columns ?? customerColumns;
  return {
    resource: 'customers',
    table: 'customers',
    key: ['id'],
    columns,
    mapped: columns,
    onDelete: 'soft',
    ...changes,
  };
}

/** A record with values in the order of the table's mapped columns. */
export function record(...values: Values): Prepared {
  return { key: String(values[0]), values, hash: `h:${values.map(String).join('|')}` };
}

export const ada = record('1', 'ada@example.com', 3, 1.5, true, '["a","b"]');
export const bob = record('2', 'bob@example.com', 0, 0, false, null);
export const eve = record('3', 'eve@example.com', null, null, null, '{"k":1}');
export const adaMoved = record('1', 'ada@new.example', 3, 1.5, true, '["a","b"]');
const never = new AbortController().signal;

export function checkpointOf(pass: number): Checkpoint {
  return aCheckpoint({ pass, cursor: 'next' });
}

/** In the middle of its pages, with all that makes the next pass bring less than everything. */
const deepInAPass: Checkpoint = {
  ...checkpointOf(4),
  ...{ bookmark: 'b', fullAt: 5, completedAt: 5, validators: { etag: '"x"' } },
};

export function batchOf(records: readonly Prepared[], changes: Partial<Batch> = {}): Batch {
  const events = { source: '/test', silent: false };
  return { table: customersTable(), records, plan: planSteps, rejected: [], pass: 1, events, ...changes };
}

export function write(target: Target, records: readonly Prepared[], changes: Partial<Batch> = {}): Promise<Committed> {
  return target.commit(batchOf(records, changes), never);
}

let runs = 0;
export async function takeOver(target: Target, ...tables: ResourceTable[]): Promise<Target> {
  runs += 1;
  await target.takeOver({ run: `run-${runs}`, holder: 'host:1' }, tables.length > 0 ? tables : [customersTable()], 0);
  return target;
}

async function remove(target: Target, ids: readonly number[], table = customersTable()): Promise<Committed> {
  const events = { source: '/test', silent: false };
  return target.remove(
    { table, ids, missing: [], found: [], events, checkpoint: () => ({ checkpoint: checkpointOf(1) }) },
    never,
  );
}

async function eventsOf(reader: TargetReader): Promise<readonly Record<string, unknown>[]> {
  const { events } = await reader.outbox({ generation: 0, seq: 0 }, 1_000_000);
  return events.map((event) => JSON.parse(event));
}

const entriesOf = (records: readonly Prepared[]) => records.map(({ key, hash }) => [key, hash] as const);

/** Every sentence of the contract in `src/target.ts`. */
export function targetContract(name: string, make: () => Promise<TargetWorld>): void {
  describe(`${name} as a target`, () => {
    let world: TargetWorld;
    const opened: AsyncDisposable[] = [];
    const open = async (sync = 'crm'): Promise<Target> => {
      const target = await world.open(sync);
      opened.push(target);
      return target;
    };
    const reader = async (sync = 'crm'): Promise<TargetReader> => {
      const made = await world.reader(sync);
      opened.push(made);
      return made;
    };
    const takenOver = async (...tables: ResourceTable[]) => takeOver(await open(), ...tables);
    const system = (query: string) => world.rows(query);

    beforeEach(async () => {
      world = await make();
    });
    afterEach(async () => {
      for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    });

    describe('taking over', () => {
      test('starts at fence 1 and sequence 1, in a generation no lower than the floor', async () => {
        const target = await open();
        const floor = Date.now() + 1_000_000;
        const fence = await target.takeOver({ run: 'r', holder: 'host:7' }, [customersTable()], floor);
        expect(fence).toEqual({ fence: 1, generation: floor, nextSeq: 1, holder: 'host:7' });
        expect(await target.fence()).toEqual(fence);
      });

      test('adds one to the fence and keeps generation and sequence', async () => {
        const first = await takenOver();
        await write(first, [ada, bob]);
        const before = await first.fence();
        const second = await takenOver();
        expect(await second.fence()).toEqual({ ...before, fence: 2, nextSeq: 3 });
      });

      test('fences out every write of an earlier run', async () => {
        const old = await takenOver();
        const { ids } = await write(old, [ada]);
        await takenOver();
        await expect(write(old, [bob])).rejects.toThrow(FencedError);
        await expect(remove(old, ids)).rejects.toThrow(FencedError);
        await expect(old.save('customers', { checkpoint: checkpointOf(9) })).rejects.toThrow(FencedError);
        await expect(old.saveGroups([{ group: 'g', position: { generation: 1, seq: 1 } }])).rejects.toThrow(
          FencedError,
        );
        expect(await system('SELECT id FROM customers WHERE deleted_at IS NULL')).toEqual([{ id: '1' }]);
        expect(await old.countLive('customers')).toBe(1);
      });

      test('fences out the run that holds the fence when it is asked to', async () => {
        const target = await takenOver();
        await (await open()).fenceOut();
        await expect(write(target, [ada])).rejects.toThrow(FencedError);
      });

      test('lacks no right as an owner, before the tables are there and afterwards', async () => {
        const missing = async () => (await (await open()).rights([customersTable()]))?.missing ?? [];
        expect(await missing()).toEqual([]);
        await takenOver();
        expect(await missing()).toEqual([]);
      });

      test('adds missing columns to a table, and never drops one', async () => {
        await world.sql("CREATE TABLE customers (id VARCHAR(50) PRIMARY KEY, notes VARCHAR(50) DEFAULT 'none')");
        const target = await open();
        const state = await target.inspect(customersTable());
        expect(state).toEqual({
          exists: true,
          missingColumns: ['email', 'visits', 'score', 'active', 'tags', 'deleted_at'],
          isForgotten: false,
          problems: [],
          warnings: [],
        });
        await write(await takeOver(target), [ada]);
        expect(await system('SELECT id, notes, email FROM customers')).toEqual([
          { id: '1', notes: 'none', email: 'ada@example.com' },
        ]);
      });

      test('refuses a table that belongs to another sync, and names it', async () => {
        await takeOver(await open('billing'));
        await expect(takenOver()).rejects.toThrow(/belongs to the sync "billing"/);
        await expect(takenOver()).rejects.toThrow(ConfigError);
      });

      test('refuses a table without a unique index over its key, and says what makes one', async () => {
        await world.sql('CREATE TABLE customers (id VARCHAR(50) NOT NULL, email VARCHAR(50))');
        await expect(takenOver()).rejects.toThrow(/CREATE UNIQUE INDEX/);
        const [row] = await system('SELECT count(*) AS n FROM customers');
        expect(Number(row?.n)).toBe(0);
      });

      test('refuses a column that must be filled and that nothing fills', async () => {
        await world.sql('CREATE TABLE customers (id VARCHAR(50) PRIMARY KEY, owner VARCHAR(50) NOT NULL)');
        await expect(takenOver()).rejects.toThrow(/"owner".*NOT NULL/);
      });

      test('compares every record again after the resource has moved to another table', async () => {
        await write(await takenOver(), [ada]);
        const moved = customersTable({ table: 'clients' });
        const target = await takenOver(moved);
        expect(await target.compare(moved, entriesOf([ada]))).toEqual({ unchanged: [], different: [0] });
        await write(target, [ada], { table: moved });
        expect(await system('SELECT id FROM clients')).toEqual([{ id: '1' }]);
      });

      test('starts the pass over after the resource has moved to another table', async () => {
        const target = await takenOver();
        await target.save('customers', { checkpoint: deepInAPass });
        const moved = await takenOver(customersTable({ table: 'clients' }));
        expect((await moved.pass('customers'))?.checkpoint).toEqual(startOver(deepInAPass));
        expect(startOver(deepInAPass)).toMatchObject({ phase: 'done', validators: null, bookmark: null, fullAt: null });
      });

      test('forgets what it knows of the rows of a table that it has to make again', async () => {
        const first = await takenOver();
        await write(first, [ada, bob]);
        await first.save('customers', { checkpoint: deepInAPass });
        await world.sql('DROP TABLE customers');
        const target = await takenOver();
        expect(await target.compare(customersTable(), entriesOf([ada, bob]))).toEqual({
          unchanged: [],
          different: [0, 1],
        });
        expect((await target.pass('customers'))?.checkpoint).toEqual(startOver(deepInAPass));
        expect(await write(target, [ada, bob])).toMatchObject({ ids: [1, 2], counts: { created: 2 } });
        const [, , ...again] = await eventsOf(target);
        expect(again).toMatchObject([
          { type: 'customers.created', subject: '1', cause: 'repair' },
          { type: 'customers.created', subject: '2', cause: 'repair' },
        ]);
        expect(await target.compare(customersTable(), entriesOf([ada, bob]))).toMatchObject({ unchanged: [1, 2] });
      });

      test('says beforehand that it would forget what it knows of a table', async () => {
        const target = await takenOver();
        const isForgotten = async (table = customersTable()) => (await target.inspect(table)).isForgotten;
        expect(await isForgotten()).toBe(false);
        expect(await isForgotten(customersTable({ table: 'clients' }))).toBe(true);
        await world.sql('CREATE TABLE clients (id VARCHAR(50) PRIMARY KEY)');
        expect(await isForgotten(customersTable({ table: 'clients' }))).toBe(true);
        await world.sql('DROP TABLE customers');
        expect(await isForgotten()).toBe(true);
      });

      test('keeps what it knows of a table that it only widens', async () => {
        const target = await takenOver();
        await write(target, [ada]);
        await target.save('customers', { checkpoint: deepInAPass });
        await world.sql('ALTER TABLE customers DROP COLUMN deleted_at');
        const widened = await takenOver();
        expect(await widened.compare(customersTable(), entriesOf([ada]))).toMatchObject({ unchanged: [1] });
        expect((await widened.pass('customers'))?.checkpoint).toEqual(deepInAPass);
      });
    });

    describe('commit', () => {
      test('creates rows with the values that were given', async () => {
        const target = await takenOver();
        const committed = await write(target, [ada, bob, eve]);
        expect(committed).toEqual({
          counts: { created: 3, updated: 0, deleted: 0 },
          ids: [1, 2, 3],
          busy: [],
          refused: [],
          events: 3,
          nextSeq: 4,
        });
        const found = await target.find(customersTable(), [ada, bob, eve]);
        expect(found.map(({ row }) => row)).toEqual([ada.values, bob.values, eve.values]);
        expect(found.map(({ entry }) => entry)).toEqual([
          { id: 1, hash: ada.hash, deleted: false, fields: expect.any(String) },
          { id: 2, hash: bob.hash, deleted: false, fields: expect.any(String) },
          { id: 3, hash: eve.hash, deleted: false, fields: expect.any(String) },
        ]);
        expect(await target.countLive('customers')).toBe(3);
      });

      test('updates only the columns that differ, and keeps the columns of the system', async () => {
        const target = await takenOver();
        await write(target, [ada]);
        await world.sql('ALTER TABLE customers ADD COLUMN notes VARCHAR(50)');
        await world.sql("UPDATE customers SET notes = 'calls on mondays'");
        const { counts, ids } = await write(target, [adaMoved]);
        expect({ counts, ids }).toEqual({ counts: { created: 0, updated: 1, deleted: 0 }, ids: [1] });
        expect(await system('SELECT email, notes FROM customers')).toEqual([
          { email: 'ada@new.example', notes: 'calls on mondays' },
        ]);
      });

      test('adopts a row that is equal without an event, and one that differs as an update', async () => {
        await write(await takeOver(await open('old')), [ada, bob]);
        await world.sql('DELETE FROM _sync_records');
        await world.sql('DELETE FROM _sync_tables');
        const target = await takenOver();
        const { counts, ids } = await write(target, [adaMoved, bob]);
        expect({ counts, ids }).toEqual({ counts: { created: 0, updated: 1, deleted: 0 }, ids: [1, 2] });
        expect((await eventsOf(target)).map(({ type }) => type)).toEqual(['customers.updated']);
        expect(await target.compare(customersTable(), entriesOf([adaMoved, bob]))).toEqual({
          unchanged: [1, 2],
          different: [],
        });
      });

      test('refreshes the hash alone where the row is right already', async () => {
        const target = await takenOver();
        await write(target, [ada]);
        const rehashed = { ...ada, hash: 'other' };
        expect(await write(target, [rehashed])).toMatchObject({ ids: [1], events: 0, counts: { updated: 0 } });
        expect(await target.compare(customersTable(), entriesOf([rehashed]))).toEqual({
          unchanged: [1],
          different: [],
        });
      });

      test('creates again what was deleted, even with the same hash', async () => {
        const target = await takenOver();
        const { ids } = await write(target, [ada]);
        await remove(target, ids);
        expect(await target.compare(customersTable(), entriesOf([ada]))).toEqual({ unchanged: [], different: [0] });
        expect(await write(target, [ada])).toMatchObject({ ids: [1], counts: { created: 1 } });
        expect(await system('SELECT id, deleted_at FROM customers')).toEqual([{ id: '1', deleted_at: null }]);
        expect(await target.countLive('customers')).toBe(1);
      });

      test('puts into the event what was in the row, not what was last written', async () => {
        const target = await takenOver();
        await write(target, [ada]);
        await world.sql("UPDATE customers SET email = 'system@example.com'");
        await write(target, [adaMoved]);
        const [, updated] = await eventsOf(target);
        expect(updated).toMatchObject({
          type: 'customers.updated',
          subject: '1',
          source: '/test',
          data: {
            key: '1',
            before: { email: 'system@example.com' },
            after: { email: 'ada@new.example', tags: ['a', 'b'] },
            changed: ['email'],
          },
        });
      });

      test('creates a row that the system has removed', async () => {
        const target = await takenOver();
        await write(target, [ada]);
        await world.sql('DELETE FROM customers');
        expect(await write(target, [adaMoved])).toMatchObject({ ids: [1], counts: { created: 1, updated: 0 } });
      });

      test('numbers events without a gap over two runs, one outbox row for each transaction', async () => {
        const first = await takenOver();
        await write(first, [ada, bob]);
        const second = await takenOver();
        await write(second, [adaMoved, eve]);
        const { generation } = (await second.fence()) ?? { generation: 0 };
        expect((await eventsOf(second)).map(({ id }) => id)).toEqual(
          [1, 2, 3, 4].map((seq) => `crm:${generation}-${seq}`),
        );
        const rows = await system('SELECT first_seq, last_seq FROM _sync_outbox ORDER BY first_seq');
        const ranges = rows.map((row) => [Number(row.first_seq), Number(row.last_seq)] as const);
        // On a machine with too much to do, the second run writes its two rows in two transactions.
        expect(ranges).toEqual(
          ranges.length === 2
            ? [
                [1, 2],
                [3, 4],
              ]
            : [
                [1, 2],
                [3, 3],
                [4, 4],
              ],
        );
      });

      test('writes rows without events when it is to be silent', async () => {
        const target = await takenOver();
        const silent = await write(target, [ada], { events: { source: '/test', silent: true } });
        expect(silent).toMatchObject({ counts: { created: 1 }, events: 0, nextSeq: 1 });
        expect(await eventsOf(target)).toEqual([]);
      });

      test('writes nothing at all when the plan throws', async () => {
        const target = await takenOver();
        const broken = () => {
          throw new Error('no plan');
        };
        await expect(write(target, [ada], { plan: broken })).rejects.toThrow('no plan');
        await expect(write(target, [ada], { checkpoint: broken })).rejects.toThrow('no plan');
        expect(await system('SELECT id FROM customers')).toEqual([]);
        expect(await write(target, [ada])).toMatchObject({ ids: [1], nextSeq: 2 });
      });

      test('writes nothing once the signal has fired', async () => {
        const target = await takenOver();
        await expect(target.commit(batchOf([ada]), AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
        expect(await system('SELECT id FROM customers')).toEqual([]);
      });

      test('stores checkpoint and seen set with the rows, and keeps the seen set where none is given', async () => {
        const target = await takenOver();
        const seen = new Uint8Array([1, 2, 250]);
        await write(target, [ada, bob], {
          checkpoint: (ids, counts) => ({
            checkpoint: { ...checkpointOf(4), missing: ids.length + counts.created },
            seen,
          }),
        });
        const stored = await target.pass('customers');
        expect(stored?.checkpoint).toEqual({ ...checkpointOf(4), missing: 4 });
        expect([...(stored?.seen ?? [])]).toEqual([1, 2, 250]);
        await target.save('customers', { checkpoint: checkpointOf(5) });
        expect((await target.pass('customers'))?.seen?.length).toBe(3);
        await target.save('customers', { checkpoint: checkpointOf(6), seen: null });
        expect(await target.pass('customers')).toEqual({
          checkpoint: checkpointOf(6),
          seen: null,
          held: null,
          paths: null,
        });
      });

      test('stores the set of what is held beside the checkpoint, until another one takes its place', async () => {
        const target = await takenOver();
        const checkpoint = checkpointOf(4);
        await write(target, [ada], { checkpoint: () => ({ checkpoint, seen: null, held: new Uint8Array([3, 250]) }) });
        await target.save('customers', { checkpoint });
        expect((await target.pass('customers'))?.held).toEqual(new Uint8Array([3, 250]));
        await target.save('customers', { checkpoint, held: null });
        expect((await target.pass('customers'))?.held).toBeNull();
      });

      test('stores the field paths beside the checkpoint, until others take their place', async () => {
        const target = await takenOver();
        const checkpoint = checkpointOf(4);
        const paths = JSON.stringify({ shape: 's', known: { paths: { 'a.\u0000\ud800': { string: 1 } } } });
        await write(target, [ada], { checkpoint: () => ({ checkpoint, paths }) });
        await target.save('customers', { checkpoint, seen: null });
        expect((await target.pass('customers'))?.paths).toBe(paths);
        await target.save('customers', { checkpoint, paths: '{}' });
        expect((await target.pass('customers'))?.paths).toBe('{}');
      });

      test('keeps a record for the end of its pass, exactly, in the place of an earlier one, and leaves its row', async () => {
        const target = await takenOver();
        await write(target, [ada, bob]);
        const odd = record('1', 'a\0b\ud800', 2n ** 63n, Number.POSITIVE_INFINITY, null, '{}');
        const plan = (records: readonly Prepared[], found: readonly Found[]) =>
          planSteps(records, found, { defers: (id) => id === 1 });
        const bobMoved = record('2', 'bob@new.example', 0, 0, false, null);
        const { counts, ids } = await write(target, [adaMoved, bobMoved], { plan });
        expect({ counts, ids }).toEqual({ counts: { created: 0, updated: 1, deleted: 0 }, ids: [1, 2] });
        expect(await target.deferred('customers', [1, 2, 3])).toEqual([adaMoved]);
        await write(target, [odd], { plan });
        expect(await target.deferred('customers', [2, 1])).toEqual([odd]);
        const [found] = await target.find(customersTable(), [ada]);
        expect(found).toMatchObject({ entry: { hash: ada.hash }, row: ada.values });
        await target.dropDeferred('customers');
        expect(await target.deferred('customers', [1])).toEqual([]);
      });

      test('takes a record again that an earlier page of a first load has brought', async () => {
        const target = await takenOver();
        await write(target, [ada, bob]);
        expect(await write(target, [bob, eve])).toMatchObject({ ids: [2, 3], counts: { created: 1 } });
        expect(await target.countLive('customers')).toBe(3);
      });
    });

    test('chunks are kept beside a checkpoint until others are stored', async () => {
      const target = await takenOver();
      expect(await target.chunks('customers')).toBeNull();
      const [bytes, checkpoint] = [new Uint8Array([0, 1, 255]), checkpointOf(1)];
      await target.save('customers', { checkpoint, chunks: bytes });
      await target.save('customers', { checkpoint });
      expect(await target.chunks('customers')).toEqual(bytes);
      await target.save('customers', { checkpoint, chunks: null });
      expect(await target.chunks('customers')).toBeNull();
    });

    describe('compare and find', () => {
      test('give the ids of equal records, and the positions of the others, each in order', async () => {
        const target = await takenOver();
        await write(target, [ada, bob, eve]);
        const entries = [...entriesOf([eve]), ['9', 'x'], ...entriesOf([adaMoved, bob]), ['8', 'y']] as const;
        const { unchanged, different } = await (await takenOver()).compare(customersTable(), entries);
        expect(unchanged).toEqual([3, 2]);
        expect(different).toEqual([1, 2, 4]);
      });

      test('count records, and give the ids of keys and the live ids in order', async () => {
        const target = await takenOver();
        await write(target, [ada, bob, eve]);
        await remove(target, [2]);
        expect(await target.idsOf('customers', ['3', '2', 'none', '1'])).toEqual([3, 1]);
        expect(await target.liveAfter('customers', 0, 10)).toEqual({ ids: [1, 3], missed: [0, 0] });
        expect(await target.liveAfter('customers', 1, 1)).toEqual({ ids: [3], missed: [0] });
        expect(await target.rowsOf(customersTable(), [3, 1])).toEqual([
          { key: '3', row: eve.values },
          { key: '1', row: ada.values },
        ]);
      });
    });

    describe('remove', () => {
      const ways: readonly [string, OnDelete, readonly unknown[]][] = [
        ['soft', 'soft', [{ id: '1', email: 'ada@example.com' }]],
        ['hard', 'hard', []],
        ['keep', 'keep', [{ id: '1', email: 'ada@example.com' }]],
        ['set', { set: { email: 'gone', active: false } }, [{ id: '1', email: 'gone' }]],
      ];
      test.each(ways)('deletes the %s way, with an event of what was in the row', async (_way, onDelete, left) => {
        const table = customersTable({ onDelete });
        const target = await takenOver(table);
        const { ids } = await write(target, [ada], { table });
        expect(await remove(target, ids, table)).toMatchObject({ counts: { deleted: 1 }, events: 1 });
        expect(await system('SELECT id, email FROM customers')).toEqual(left);
        const [, deleted] = await eventsOf(target);
        expect(deleted).toMatchObject({
          type: 'customers.deleted',
          data: { key: '1', before: { email: 'ada@example.com' }, after: null },
        });
        expect(await target.countLive('customers')).toBe(0);
        expect(await target.hasRecords('customers')).toBe(true);
        expect(await remove(target, ids, table)).toMatchObject({ counts: { deleted: 0 }, events: 0 });
      });

      test('marks a soft delete with its time', async () => {
        const target = await takenOver();
        await remove(target, (await write(target, [ada])).ids);
        expect(await system('SELECT id FROM customers WHERE deleted_at IS NOT NULL')).toEqual([{ id: '1' }]);
        expect((await target.find(customersTable(), [ada]))[0]).toMatchObject({
          isRowDeleted: true,
          entry: { deleted: true },
        });
      });

      test('deletes what the system has removed already, with nothing before it', async () => {
        const target = await takenOver();
        const { ids } = await write(target, [ada]);
        await world.sql('DELETE FROM customers');
        expect(await remove(target, ids)).toMatchObject({ counts: { deleted: 1 } });
        expect((await eventsOf(target))[1]).toMatchObject({ data: { before: null } });
      });

      test('counts how often a record is missing, and starts again once it was found', async () => {
        const target = await takenOver();
        await write(target, [ada, bob]);
        const miss = (missing: readonly number[], found: readonly number[]) =>
          target.remove(
            {
              table: customersTable(),
              ids: [],
              missing,
              found,
              events: { source: '/', silent: false },
              checkpoint: () => ({ checkpoint: checkpointOf(2) }),
            },
            never,
          );
        await miss([1, 2], []);
        await miss([1], [2]);
        expect(await target.liveAfter('customers', 0, 9)).toEqual({ ids: [1, 2], missed: [2, 0] });
        expect((await target.pass('customers'))?.checkpoint).toEqual(checkpointOf(2));
      });
    });

    describe('quarantine', () => {
      test('keeps a reject once, with its reasons, and forgets it after a pass without it', async () => {
        const target = await takenOver();
        const raw = { id: '1', big: 12345678901234567890n };
        const rejected = [
          { key: '1', reasons: ['email is missing'], raw },
          { key: null, reasons: ['no key'], raw: 'garbage' },
        ];
        await write(target, [], { rejected, pass: 1 });
        // Rejects are listed by their time, in milliseconds: the second must be later than the first.
        const writtenAt = Date.now();
        await vi.waitUntil(() => Date.now() > writtenAt, { interval: 1 });
        await write(target, [], { rejected: rejected.slice(0, 1), pass: 2 });
        const rejects = await target.rejects({ resource: 'customers', limit: 10 });
        expect(rejects).toHaveLength(2);
        expect(rejects[0]).toMatchObject({
          key: '1',
          reasons: ['email is missing'],
          raw: '{"big":12345678901234567890,"id":"1"}',
        });
        await target.save('customers', { checkpoint: checkpointOf(2), dropsRejectsBefore: 2 });
        expect((await target.rejects({ limit: 10 })).map(({ key }) => key)).toEqual(['1']);
      });

      test('counts the records of one resource', async () => {
        const target = await takenOver();
        expect(await target.countRejects('customers')).toBe(0);
        const rejected = ['1', '2', '3'].map((key) => ({ key, reasons: ['email is missing'], raw: { id: key } }));
        await write(target, [], { rejected, pass: 1 });
        await write(target, [], { rejected, pass: 2 });
        expect(await target.countRejects('customers')).toBe(3);
        expect(await target.countRejects('orders')).toBe(0);
      });

      test('cuts a long raw record', async () => {
        const target = await takenOver();
        await write(target, [], { rejected: [{ key: null, reasons: ['long'], raw: 'x'.repeat(100_000) }] });
        const [reject] = await target.rejects({ limit: 1 });
        expect(reject?.raw.length).toBe(65_536);
      });

      test('refuses the record that a constraint of the system does not let in, and writes the others', async () => {
        await world.sql(
          'CREATE TABLE customers (id VARCHAR(50) PRIMARY KEY, email VARCHAR(50) UNIQUE, visits INTEGER CHECK (visits < 100))',
        );
        const target = await takenOver();
        const twin = record('4', 'ada@example.com', 1, null, null, null);
        const heavy = record('5', 'e5', 100, null, null, null);
        const { ids, refused, counts, events } = await write(target, [ada, twin, bob, heavy]);
        expect({ ids, counts, events }).toEqual({
          ids: [1, 2],
          counts: { created: 2, updated: 0, deleted: 0 },
          events: 2,
        });
        expect(refused.map(({ key }) => key).sort()).toEqual(['4', '5']);
        expect((await target.rejects({ limit: 10 })).map(({ key }) => key).sort()).toEqual(['4', '5']);
        const worse = record('1', 'ada@example.com', 1000, 1.5, true, null);
        expect(await write(target, [worse])).toMatchObject({
          ids: [1],
          counts: { updated: 0 },
          refused: [{ key: '1' }],
        });
        expect(await target.compare(customersTable(), entriesOf([ada]))).toEqual({ unchanged: [1], different: [] });
      });

      test('leaves a record live whose row a foreign key keeps', async () => {
        const table = customersTable({ onDelete: 'hard' });
        const target = await takenOver(table);
        const { ids } = await write(target, [ada, bob], { table });
        await world.sql('CREATE TABLE orders (customer TEXT REFERENCES customers (id))');
        await world.sql("INSERT INTO orders VALUES ('1')");
        expect(await remove(target, ids, table)).toMatchObject({
          counts: { deleted: 1 },
          events: 1,
          refused: [{ key: '1' }],
        });
        expect(await target.liveAfter('customers', 0, 9)).toEqual({ ids: [1], missed: [0] });
      });
    });

    describe('outbox', () => {
      const upTo = async (reading: TargetReader, seq: number): Promise<Position> => ({
        generation: (await reading.fence())?.generation ?? 0,
        seq,
      });

      test('gives whole transactions until there are enough events, starting inside one if it must', async () => {
        const target = await takenOver();
        await write(target, [ada, bob]);
        await write(target, [eve]);
        const firsts = await target.outbox(await upTo(target, 0), 1);
        expect([firsts.firstSeq, firsts.events.length]).toEqual([1, 2]);
        const rest = await target.outbox(await upTo(target, 1), 10);
        expect([rest.firstSeq, rest.events.length]).toEqual([2, 2]);
        expect((await target.outbox(await upTo(target, 3), 10)).events).toEqual([]);
      });

      test('gives the target that has written the events the same as any reader', async () => {
        const target = await takenOver();
        await write(target, [ada, bob]);
        await write(target, [adaMoved, eve]);
        await remove(target, [2]);
        const other = await reader();
        for (const [seq, limit] of [0, 1, 2, 3, 4, 5].flatMap((from) =>
          [1, 2, 9].map((most) => [from, most] as const),
        )) {
          const after = await upTo(target, seq);
          // The other is asked first: what the target has passed, it forgets.
          const expected = await other.outbox(after, limit);
          expect(await target.outbox(after, limit)).toEqual(expected);
          expect(expected.events.length > 0).toBe(seq < 5);
        }
      });

      test('has no event of a transaction that was not committed', async () => {
        const target = await takenOver();
        await write(target, [ada]);
        const fails = () => {
          throw new Error('not now');
        };
        await expect(write(target, [bob], { checkpoint: fails })).rejects.toThrow('not now');
        expect((await target.outbox(await upTo(target, 0), 9)).events).toHaveLength(1);
        await write(target, [eve]);
        const { events } = await target.outbox(await upTo(target, 0), 9);
        expect(events.map((event) => JSON.parse(event).subject)).toEqual(['1', '3']);
      });

      test('is purged of events that are old and passed, and of no others', async () => {
        const target = await takenOver();
        await write(target, [ada, bob]);
        await write(target, [eve]);
        const later = new Date(Date.now() + 60_000);
        expect(await target.hasOldEvents(new Date(0), await upTo(target, 3))).toBe(false);
        expect(await target.purgeOutbox(new Date(0), await upTo(target, 3))).toBe(0);
        expect(await target.hasOldEvents(later, await upTo(target, 1))).toBe(false);
        expect(await target.purgeOutbox(later, await upTo(target, 1))).toBe(0);
        expect(await target.hasOldEvents(later, await upTo(target, 2))).toBe(true);
        expect(await target.purgeOutbox(later, await upTo(target, 2))).toBe(1);
        expect((await eventsOf(target)).map(({ subject }) => subject)).toEqual(['3']);
      });

      test('moves events that were not passed to a new generation, under their own numbers', async () => {
        const target = await takenOver();
        await write(target, [ada, bob]);
        await write(target, [eve]);
        const old = await target.fence();
        const floor = Date.now() + 5_000_000;
        expect(await target.rebase(floor, await upTo(target, 1))).toEqual({ generation: floor, moved: 2 });
        const moved = await target.outbox({ generation: floor, seq: 0 }, 10);
        expect(moved.firstSeq).toBe(2);
        expect(moved.events.map((event) => JSON.parse(event).id)).toEqual([`crm:${floor}-2`, `crm:${floor}-3`]);
        expect((await target.outbox({ generation: old?.generation ?? 0, seq: 0 }, 10)).events).toHaveLength(1);
        expect(await write(target, [adaMoved])).toMatchObject({ nextSeq: 5 });
        const again = await target.rebase(0, { generation: floor, seq: 4 });
        expect(again).toEqual({ generation: floor + 1, moved: 0 });
      });
    });

    describe('listeners and runs', () => {
      test('keeps the later of two cursors, and forgets a dropped group', async () => {
        const target = await open();
        const at = (generation: number, seq: number) => [{ group: 'notify', position: { generation, seq } }];
        await target.saveGroups(at(5, 9));
        await target.saveGroups(at(5, 3));
        await target.saveGroups(at(4, 50));
        expect(await target.groups()).toEqual(at(5, 9));
        await target.saveGroups(at(6, 1));
        expect(await (await reader()).groups()).toEqual(at(6, 1));
        await target.saveGroups([], ['notify']);
        expect(await target.groups()).toEqual([]);
      });
    });

    describe('two syncs in one database', () => {
      test('never touch each other', async () => {
        const people = customersTable({ resource: 'customers', table: 'people' });
        const other = await takeOver(await open('billing'), people);
        await write(other, [ada], { table: people });
        const target = await takenOver();
        await write(target, [bob]);
        await remove(target, [1]);
        expect(await other.countLive('customers')).toBe(1);
        expect(await target.countLive('customers')).toBe(0);
        expect((await eventsOf(other)).map(({ id }) => String(id).split(':')[0])).toEqual(['billing']);
        await (await open('crm')).fenceOut();
        expect(await write(other, [bob], { table: people })).toMatchObject({ counts: { created: 1 } });
      });
    });

    describe('odd but legal', () => {
      test('takes names with quotes, spaces, keywords and letters of any script', async () => {
        const columns = [
          column('select', 'text'),
          column('na"me', 'text'),
          column('größe 表', 'integer'),
          column('g?1', 'text'),
        ];
        const table = customersTable({
          resource: 'odd',
          table: 'or"der by; x',
          key: ['select'],
          columns,
          onDelete: { set: { 'na"me': 'gone' } },
        });
        const target = await takenOver(table);
        const { ids } = await write(target, [record('k', 'v', 1, 'a')], { table });
        await write(target, [record('k', 'w', 2, 'b')], { table });
        await remove(target, ids, table);
        expect((await target.find(table, [record('k', 'w', 2, 'b')]))[0]?.row).toEqual(['k', 'gone', 2, 'b']);
      });

      test('takes names that look like parameters or comments', async () => {
        const columns = ['id', 'g?1', "it's ?2", '$1', ':name', '--', '/*'].map((name) => column(name, 'text'));
        const table = customersTable({ columns, onDelete: 'hard' });
        const target = await takenOver(table);
        const before = record('1', 'a', 'b', 'c', 'd', 'e', 'f');
        const after = record('1', 'A', 'B', 'C', 'D', 'E', 'F');
        await write(target, [before], { table });
        const { ids, counts } = await write(target, [after], { table });
        expect(counts.updated).toBe(1);
        expect((await target.find(table, [after]))[0]?.row).toEqual(after.values);
        expect(await remove(target, ids, table)).toMatchObject({ counts: { deleted: 1 } });
      });

      test('keeps strings of any kind, and integers past 2^53', async () => {
        const target = await takenOver();
        const strings = [
          "it's",
          '"; DROP TABLE customers; --',
          '💥 é \u2028',
          'line\nline\ttab',
          '',
          ' trailing ',
          'x'.repeat(10_000_000),
        ];
        const records = strings.map((text, n) =>
          record(`key ${text.slice(0, 20)}`, text, 2n ** 62n - BigInt(n), 0.1, null, null),
        );
        await write(target, records);
        const fresh = await takenOver();
        expect((await fresh.compare(customersTable(), entriesOf(records))).different).toEqual([]);
        const found = await fresh.find(customersTable(), records);
        expect(found.every(({ row }, n) => row?.every((value, at) => value === records[n]?.values[at]))).toBe(true);
        const { events } = await fresh.outbox({ generation: 0, seq: 0 }, 100);
        expect(events).toHaveLength(strings.length);
        expect(JSON.parse(events[0] ?? '').data.after.visits).toBe(String(2n ** 62n));
      });

      test('tells keys apart that differ by case or by a trailing space only', async () => {
        const target = await takenOver();
        const keys = ['a', 'A', 'a ', 'ä', 'Ä'].map((key) => record(key, key, null, null, null, null));
        expect(await write(target, keys)).toMatchObject({ counts: { created: 5 } });
        const found = await target.find(customersTable(), keys);
        expect(found.map(({ row }) => row?.[0])).toEqual(['a', 'A', 'a ', 'ä', 'Ä']);
      });

      describe('with keys of text in a column of integers', () => {
        const columns = [column('id', 'text'), column('email', 'text')];
        const table = customersTable({ columns, onDelete: 'hard' });
        const seven = record('7', 'seven@example.com');
        const padded = record('007', 'padded@example.com');
        const rows = () => system('SELECT id, email FROM customers');
        const kept = [{ id: 7, email: 'seven@example.com' }];
        const numbers = async () => (await rows()).map(({ id, email }) => ({ id: Number(id), email }));

        beforeEach(() => world.sql('CREATE TABLE customers (id INTEGER PRIMARY KEY, email VARCHAR(50))'));

        test('finds a row only where the column reads as the same text', async () => {
          const target = await takenOver(table);
          await write(target, [seven], { table });
          const found = await target.find(table, [seven, padded]);
          expect(found.map(({ row }) => row)).toEqual([seven.values, null]);
        });

        test('refuses a key that the column would keep as another one, and writes the others', async () => {
          const target = await takenOver(table);
          const { refused, counts } = await write(target, [padded, seven], { table });
          expect(refused.map(({ key }) => key)).toEqual(['007']);
          expect(counts.created).toBe(1);
          expect(await numbers()).toEqual(kept);
          expect(await write(target, [padded], { table })).toMatchObject({ refused: [{ key: '007' }] });
          expect(await numbers()).toEqual(kept);
        });

        test('never deletes the row of another key', async () => {
          const target = await takenOver(table);
          await write(target, [seven], { table });
          await world.sql(
            "INSERT INTO _sync_records (of_table, id, key, hash) SELECT id, 2, '007', 'h' FROM _sync_tables",
          );
          await world.sql('UPDATE _sync_tables SET next_record = 3, live = 2');
          expect(await remove(target, [2], table)).toMatchObject({ counts: { deleted: 1 } });
          expect(await numbers()).toEqual(kept);
        });
      });

      test('knows records by a key of several columns of several kinds', async () => {
        const columns = [column('tenant', 'text'), column('n', 'integer'), column('name', 'text')];
        const table = customersTable({ key: ['tenant', 'n'], columns, onDelete: 'hard' });
        const target = await takenOver(table);
        const both = ['a', 'b'].map(
          (tenant): Prepared => ({ key: JSON.stringify([tenant, '7']), values: [tenant, 7, 'x'], hash: tenant }),
        );
        const { ids } = await write(target, both, { table });
        expect((await target.rowsOf(table, ids)).map(({ row }) => row)).toEqual([
          ['a', 7, 'x'],
          ['b', 7, 'x'],
        ]);
        await remove(target, ids.slice(0, 1), table);
        expect(await system('SELECT tenant FROM customers')).toEqual([{ tenant: 'b' }]);
      });
    });

    describe('what is known of rows', () => {
      const all = { after: 0, limit: 100 };
      const digest = digestFields(customerColumns);
      /** The fields that read otherwise than when they were written, by key; null for a row that is gone. */
      const differing = async (target: TargetReader, table = customersTable()) =>
        (await target.known(table, all)).map(({ key, row, fields }) => [
          key,
          row && differingFields(fields ?? '', digestFields(table.mapped)(row)),
        ]);

      test('is what each live row was like when it was written, beside the row as it is now', async () => {
        const target = await takenOver();
        const { ids } = await write(target, [ada, bob, eve]);
        await remove(target, ids.slice(1, 2));
        await world.sql("UPDATE customers SET email = 'x@example.com' WHERE id = '3'");
        const known = { isMarked: false, mayBeRewritten: false };
        expect(await target.known(customersTable(), all)).toEqual([
          { id: 1, key: '1', hash: ada.hash, fields: digest(ada.values), row: ada.values, ...known },
          {
            ...{ id: 3, key: '3', hash: eve.hash, fields: digest(eve.values), ...known },
            row: ['3', 'x@example.com', null, null, null, '{"k":1}'],
          },
        ]);
      });

      test('comes in steps, or for some ids', async () => {
        const target = await takenOver();
        await write(target, [ada, bob, eve]);
        const keys = async (query: KnownQuery) => (await target.known(customersTable(), query)).map(({ key }) => key);
        expect(await keys({ after: 1, limit: 1 })).toEqual(['2']);
        expect(await keys({ after: 3, limit: 9 })).toEqual([]);
        expect(await keys({ ids: [3, 1, 77] })).toEqual(['1', '3']);
      });

      test('shows rows that are gone, marked, or in a table that is gone', async () => {
        const target = await takenOver();
        await write(target, [ada, bob]);
        await world.sql("DELETE FROM customers WHERE id = '1'");
        await world.sql("UPDATE customers SET deleted_at = '2026-01-01T00:00:00Z' WHERE id = '2'");
        const known = async () =>
          (await target.known(customersTable(), all)).map(({ row, isMarked }) => [row, isMarked]);
        expect(await known()).toEqual([
          [null, false],
          [bob.values, true],
        ]);
        await world.sql('DROP TABLE customers');
        expect(await known()).toEqual([
          [null, false],
          [null, false],
        ]);
      });

      test('is what the database made of a value, where a type rounds it', async () => {
        await world.sql('CREATE TABLE customers (id VARCHAR(50) PRIMARY KEY, email NUMERIC(10,2))');
        const columns = [column('id', 'text'), column('email', 'text')];
        const table = customersTable({ columns });
        const target = await takenOver(table);
        await write(target, [record('1', '1.50'), record('2', '2.0')], { table });
        await write(target, [record('1', '3.500')], { table });
        expect(await differing(target, table)).toEqual([
          ['1', []],
          ['2', []],
        ]);
        await world.sql('UPDATE customers SET email = 9');
        expect(await differing(target, table)).toEqual([
          ['1', [1]],
          ['2', [1]],
        ]);
      });

      test('is forgotten on request, with whatever makes the next pass bring less than everything', async () => {
        const target = await takenOver();
        await write(target, [ada, bob]);
        await target.save('customers', { checkpoint: deepInAPass });
        await target.forget('customers', [2]);
        expect(await (await reader()).compare(customersTable(), entriesOf([ada, bob]))).toEqual({
          unchanged: [1],
          different: [1],
        });
        expect((await target.pass('customers'))?.checkpoint).toEqual(startOver(deepInAPass));
        const old = target;
        await takenOver();
        await expect(old.forget('customers', [1])).rejects.toThrow(FencedError);
      });

      test('keeps what was found to differ, until it is replaced', async () => {
        const target = await takenOver();
        expect(await target.drift('customers')).toEqual(noDrift);
        const found: Drift = {
          ...{ at: 5, compared: 9, missing: 1, changed: 0, marked: 0, unknown: 0, isBeingRepaired: false },
          rows: [{ id: 1, key: '1', is: 'missing', fields: null }],
        };
        await target.saveDrift('customers', { checkedTo: 7, found });
        expect(await (await reader()).drift('customers')).toEqual({ checkedTo: 7, found });
        await (await open()).saveDrift('customers', { checkedTo: 8, found: null });
        expect(await target.drift('customers')).toEqual({ checkedTo: 8, found: null });
      });
    });

    test('says which server it is, and what its clock says', async () => {
      const { version, now } = await (await takenOver()).server();
      expect(version).toMatch(/^(SQLite 3|Postgres 1\d)/);
      expect(Math.abs(now.getTime() - Date.now())).toBeLessThan(60_000);
    });

    test('answers several questions together', async () => {
      const target = await takenOver();
      await write(target, [ada, bob]);
      const asked = await target.atOnce(async (questions) => {
        return Promise.all([questions.countLive('customers'), questions.fence(), questions.groups()]);
      });
      expect(asked).toEqual([2, await target.fence(), []]);
    });

    describe('a reader', () => {
      test('reads what a run has committed', async () => {
        const target = await takenOver();
        await write(target, [ada], { checkpoint: () => ({ checkpoint: checkpointOf(1) }) });
        const reading = await reader();
        expect(await reading.fence()).toEqual(await target.fence());
        expect(await reading.pass('customers')).toEqual(await target.pass('customers'));
        expect(await reading.compare(customersTable(), entriesOf([ada, bob]))).toEqual({
          unchanged: [1],
          different: [1],
        });
        expect((await reading.find(customersTable(), [adaMoved]))[0]?.row).toEqual(ada.values);
        expect(await eventsOf(reading)).toHaveLength(1);
      });

      test('finds nothing before the first run, and makes nothing', async () => {
        const reading = await reader();
        expect(await reading.fence()).toBeNull();
        expect(await reading.pass('customers')).toBeNull();
        expect(await reading.compare(customersTable(), entriesOf([ada]))).toEqual({ unchanged: [], different: [0] });
        expect(await reading.find(customersTable(), [ada])).toEqual([{ entry: null, row: null, isRowDeleted: false }]);
        expect(await reading.countLive('customers')).toBe(0);
        expect(await reading.hasRecords('customers')).toBe(false);
        expect(await reading.liveAfter('customers', 0, 5)).toEqual({ ids: [], missed: [] });
        expect(await eventsOf(reading)).toEqual([]);
        expect(await reading.runs({ limit: 1 })).toEqual([]);
        expect(await reading.inspect(customersTable())).toMatchObject({ exists: false, problems: [] });
        await expect(system('SELECT 1 FROM customers')).rejects.toThrow();
      });

      test('finds rows of the system before the first run', async () => {
        await world.sql('CREATE TABLE customers (id VARCHAR(50) PRIMARY KEY, email VARCHAR(50))');
        await world.sql("INSERT INTO customers VALUES ('1', 'ada@example.com')");
        const [found] = await (await reader()).find(customersTable(), [ada]);
        expect(found).toEqual({
          entry: null,
          row: ['1', 'ada@example.com', null, null, null, null],
          isRowDeleted: false,
        });
      });
    });
  });
}
