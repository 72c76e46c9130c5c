import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Batch } from '../../src/batch.ts';
import { type Alias, type Aliases, type Arrived, type Bearer, type Clues, nativeOnly } from '../../src/identity.ts';
import type { Prepared, Values } from '../../src/record.ts';
import type { ResourceTable } from '../../src/table.ts';
import type { Target } from '../../src/target.ts';
import { ada, bob, checkpointOf, customersTable, eve, record, type TargetWorld, takeOver, write } from './target.ts';

const byEmail = customersTable({ match: ['email'] });
const never = new AbortController().signal;

/** Somebody under a native key, with this email. */
function arriving(native: string, email: string | null = null, ...rest: Values): Arrived {
  return { native, values: [native, email, ...rest, null, null, null, null].slice(0, 6) };
}

function bearer(key: string, changed: Partial<Bearer> = {}): Bearer {
  return { key, isRecord: true, isLive: true, takenBy: null, madeBy: null, ...changed };
}

function aliasesOf(...known: readonly Alias[]): Aliases {
  return { adapter: 'lab', known };
}

function clues(changed: Partial<Clues> = {}): Clues {
  return { alias: null, namesake: null, lookalikes: [], ...changed };
}

/** What `clues` and `Batch.aliases` of the contract in `src/target.ts` say. */
export function cluesContract(name: string, make: () => Promise<TargetWorld>): void {
  describe(`${name} recognises records`, () => {
    let world: TargetWorld;
    const opened: AsyncDisposable[] = [];
    const takenOver = async (table: ResourceTable = byEmail): Promise<Target> => {
      const target = await world.open('crm');
      opened.push(target);
      return takeOver(target, table);
    };

    /** Of a table that was empty, the run that fills it has made every row: only the next looks for alike ones. */
    const filledWith = async (records: readonly Prepared[], changes: Partial<Batch> = {}, table = byEmail) => {
      await write(await takenOver(table), records, { table, ...changes });
      return takenOver(table);
    };

    beforeEach(async () => {
      world = await make();
    });
    afterEach(async () => {
      for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    });

    test('by the alias that a batch has kept, of that adapter only, and then by nothing else', async () => {
      const aliases = aliasesOf(['77', '1'], ['2', '2', true], ['3', '3']);
      const target = await filledWith([ada, bob, eve], { aliases });
      const asked = [arriving('77', 'bob@example.com'), arriving('2'), arriving('3')];
      const keys = ['1', '2', '3'];
      expect(await target.clues(byEmail, 'lab', asked)).toEqual(keys.map((alias) => clues({ alias })));
      expect(await target.clues(byEmail, 'hub', asked)).toEqual([
        clues({ lookalikes: [bearer('2', { madeBy: 'lab' })] }),
        clues({ namesake: bearer('2', { madeBy: 'lab' }) }),
        clues({ namesake: bearer('3') }),
      ]);
    });

    test('and says by what names a record is known', async () => {
      const target = await filledWith([ada, bob], { aliases: aliasesOf(['77', '1'], ['2', '2', true]) });
      await write(target, [ada], { table: byEmail, aliases: { adapter: 'hub', known: [['h-1', '1']] } });
      expect(await target.knownAs('customers', '1')).toEqual([
        { adapter: 'hub', native: 'h-1', isMaker: false },
        { adapter: 'lab', native: '77', isMaker: false },
      ]);
      expect(await target.knownAs('customers', '2')).toEqual([{ adapter: 'lab', native: '2', isMaker: true }]);
      expect(await target.knownAs('customers', '3')).toEqual([]);
      expect(await target.knownAs('nothing', '1')).toEqual([]);
    });

    test('by the rows that hold the same, with whose they are already', async () => {
      const twin = record('4', 'ada@example.com', null, null, null, null);
      const target = await filledWith([ada, bob, eve, twin], { aliases: aliasesOf(['x', '4']) });
      const [both, nobody, other] = await target.clues(byEmail, 'lab', [
        arriving('9', 'ada@example.com'),
        arriving('10', 'ADA@example.com'),
        arriving('11', 'bob@example.com'),
      ]);
      expect(both?.lookalikes.toSorted((a, b) => (a.key < b.key ? -1 : 1))).toEqual([
        bearer('1'),
        bearer('4', { takenBy: 'x' }),
      ]);
      expect(nobody).toEqual(clues());
      expect(other).toEqual(clues({ lookalikes: [bearer('2')] }));
    });

    test('by rows that no pass has brought, and by deleted ones as such', async () => {
      const target = await filledWith([ada]);
      await world.sql("INSERT INTO customers (id, email) VALUES ('ours', 'me@example.com'), ('', 'odd@example.com')");
      const checkpoint = () => ({ checkpoint: checkpointOf(1) });
      const events = { source: '/test', silent: false };
      await target.remove({ table: byEmail, ids: [1], missing: [], found: [], events, checkpoint }, never);
      expect(
        await target.clues(byEmail, 'lab', [
          arriving('8', 'me@example.com'),
          arriving('9', 'ada@example.com'),
          arriving('ours'),
        ]),
      ).toEqual([
        clues({ lookalikes: [bearer('ours', { isRecord: false })] }),
        clues({ lookalikes: [bearer('1', { isLive: false })] }),
        clues({ namesake: bearer('ours', { isRecord: false }) }),
      ]);
    });

    test('by nothing if a match field is null or empty, or if only a native key is known', async () => {
      const nameless = record('1', null, null, null, null, null);
      const empty = record('3', '', null, null, null, null);
      const target = await filledWith([nameless, bob, empty]);
      const found = await target.clues(byEmail, 'lab', [
        arriving('9'),
        arriving('9', ''),
        { native: '2', values: null },
      ]);
      expect(found).toEqual([clues(), clues(), clues({ namesake: bearer('2') })]);
    });

    test('by several fields at once, of whatever kind, and by a key of several', async () => {
      const table = customersTable({ key: ['id', 'visits'], match: ['email', 'score', 'active'] });
      const keyed = [ada, bob].map((each) => ({
        ...each,
        key: JSON.stringify([each.values[0], String(each.values[2])]),
      }));
      const target = await filledWith(keyed, {}, table);
      const asked = [
        arriving('9', 'ada@example.com', 7, 1.5, true),
        arriving('9', 'ada@example.com', 7, 1.5, false),
        arriving('9', 'bob@example.com', 7, 0, false),
      ];
      expect(
        (await target.clues(table, 'lab', asked)).map(({ lookalikes }) => lookalikes.map(({ key }) => key)),
      ).toEqual([['["1","3"]'], [], ['["2","0"]']]);
    });

    test('by fields of which one is of the key too', async () => {
      const table = customersTable({ key: ['id', 'visits'], match: ['visits', 'email'] });
      const keyed = (id: string, visits: number) => {
        const values = [id, 'same@example.com', visits, null, null, null];
        return { key: JSON.stringify([id, String(visits)]), values, hash: `h:${id}` };
      };
      const target = await filledWith([keyed('1', 3), keyed('2', 4)], {}, table);
      const found = await target.clues(table, 'lab', [
        arriving('["9","3"]', 'same@example.com', 3),
        arriving('["9","4"]', 'same@example.com', 4),
        arriving('["9","5"]', 'same@example.com', 5),
      ]);
      expect(found.map(({ lookalikes }) => lookalikes.map(({ key }) => key))).toEqual([
        ['["1","3"]'],
        ['["2","4"]'],
        [],
      ]);
    });

    test('in the run that fills an empty table by aliases and keys alone, since whatever looks alike is of this run', async () => {
      const target = await takenOver();
      await write(target, [ada, bob], { table: byEmail, aliases: aliasesOf(['77', '1']) });
      const asked = [arriving('77'), arriving('2'), arriving('9', 'bob@example.com')];
      expect(await target.clues(byEmail, 'lab', asked)).toEqual([
        clues({ alias: '1' }),
        clues({ namesake: bearer('2') }),
        clues(),
      ]);
    });

    test('keeps an alias with a batch that writes nothing else, and the later of two', async () => {
      const target = await filledWith([ada, bob]);
      await write(target, [], { table: byEmail, aliases: aliasesOf(['5', '1']) });
      await write(target, [], { table: byEmail, aliases: aliasesOf(['5', '2']) });
      expect(await target.clues(byEmail, 'lab', [arriving('5')])).toEqual([clues({ alias: '2' })]);
    });

    test('keeps the alias of a record that the database refuses only where there is such a record', async () => {
      const target = await filledWith([ada, bob]);
      await world.sql('CREATE UNIQUE INDEX one_each ON customers (email)');
      const isNew = record('6', 'ada@example.com', null, null, null, null);
      const isKnown = record('2', 'ada@example.com', null, null, null, null);
      const aliases = aliasesOf(['6', '6', true], ['9', '2'], ['1', '1']);
      const { refused } = await write(target, [isNew, isKnown], { table: byEmail, aliases });
      expect(refused.map(({ key }) => key)).toEqual(['6', '2']);
      expect(await target.clues(byEmail, 'lab', [arriving('6'), arriving('9'), arriving('1')])).toEqual([
        clues(),
        clues({ alias: '2' }),
        clues({ alias: '1' }),
      ]);
    });

    test('gives up the alias of a record that is refused in a later transaction than it was kept in', async () => {
      const target = await filledWith([ada]);
      await world.sql('CREATE UNIQUE INDEX one_each ON customers (email)');
      await write(target, [], { table: byEmail, aliases: aliasesOf(['6', '6', true]) });
      await write(target, [record('6', 'ada@example.com', null, null, null, null)], { table: byEmail });
      expect(await target.clues(byEmail, 'hub', [arriving('6')])).toEqual([clues()]);
    });

    test('holds a key that an alias names for somebody, also where no record has it yet', async () => {
      const target = await filledWith([ada]);
      await write(target, [], { table: byEmail, aliases: aliasesOf(['6', '6', true], ['x', '7']) });
      const nobody = { isRecord: false };
      expect(await target.clues(byEmail, 'hub', [arriving('6')])).toEqual([
        clues({ namesake: bearer('6', { ...nobody, madeBy: 'lab' }) }),
      ]);
      expect(await target.clues(byEmail, 'lab', [arriving('7')])).toEqual([
        clues({ namesake: bearer('7', { ...nobody, takenBy: 'x' }) }),
      ]);
    });

    test('and of a native key that no column can hold, that nobody has it', async () => {
      const visits = customersTable({ key: ['visits'], match: ['email'] });
      const target = await filledWith([{ ...ada, key: '3' }], {}, visits);
      const asked = ['9999999999999999999', '12 apples', '\ud800', 'nul\0'].map((native) => nativeOnly({ native }));
      expect(await target.clues(visits, 'lab', asked)).toEqual(asked.map(() => clues()));
    });

    test('in text too, of a native key that no text can be', async () => {
      const target = await filledWith([ada]);
      const asked = ['\ud800', 'nul\0', '1'].map((native) => nativeOnly({ native }));
      expect(await target.clues(byEmail, 'lab', asked)).toEqual([clues(), clues(), clues({ namesake: bearer('1') })]);
    });

    test('whether there ever was a record, by the first id, which a deleted one keeps', async () => {
      const target = await takenOver();
      expect(await target.rowsOf(byEmail, [1])).toEqual([]);
      await write(target, [ada], { table: byEmail });
      const checkpoint = () => ({ checkpoint: checkpointOf(1) });
      const events = { source: '/test', silent: false };
      await target.remove({ table: byEmail, ids: [1], missing: [], found: [], events, checkpoint }, never);
      expect(await target.rowsOf(byEmail, [1])).toMatchObject([{ key: '1' }]);
    });

    test('by an alias that is not the key, one of those that an adapter has', async () => {
      const reader = await world.reader('crm');
      opened.push(reader);
      expect(await reader.foreignAlias('customers', 'lab')).toBeNull();
      const target = await filledWith([ada, bob], { aliases: aliasesOf(['1', '1'], ['7', '2']) });
      await write(target, [], { table: byEmail, aliases: { adapter: 'hub', known: [['1', '1']] } });
      expect(await target.foreignAlias('customers', 'lab')).toEqual(['7', '2']);
      expect(await reader.foreignAlias('customers', 'hub')).toBeNull();
    });

    test('in a reader too, which knows nothing if no table was made', async () => {
      const reader = await world.reader('crm');
      opened.push(reader);
      expect(await reader.clues(byEmail, 'lab', [arriving('1', 'ada@example.com')])).toEqual([clues()]);
      const target = await takenOver(customersTable());
      await write(target, [ada]);
      expect(await reader.clues(byEmail, 'lab', [arriving('1', 'ada@example.com')])).toEqual([
        clues({ namesake: bearer('1'), lookalikes: [bearer('1')] }),
      ]);
    });

    test('a search that no index serves is warned of', async () => {
      const target = await takenOver();
      const warnings = async (match: readonly string[]) => (await target.inspect({ ...byEmail, match })).warnings;
      await world.sql('CREATE INDEX by_email_and_score ON customers (email, score)');
      expect(await warnings(['email'])).toEqual([]);
      expect(await warnings(['score', 'email'])).toEqual([]);
      expect(await warnings(['score'])).toEqual([expect.stringContaining('no index of "customers" begins with score')]);
      expect(await warnings([])).toEqual([]);
    });
  });
}
