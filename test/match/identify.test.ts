import { describe, expect, test } from 'vitest';
import { type Arrived, type Bearer, type Clues, mostLookalikes } from '../../src/identity.ts';
import { identify, keysOfNatives } from '../../src/match/identify.ts';
import { recogniseAll } from '../../src/match/recognise.ts';
import type { Resource } from '../../src/pass/resource.ts';
import type { Column, Prepared, Rejected } from '../../src/record.ts';

const table = { key: ['id'], match: ['email'] };
const guest = { adapter: 'lab', home: ['hub'], isAlone: false };
const host = { adapter: 'hub', home: ['hub'], isAlone: false };
const alone = { ...host, isAlone: true };

const arrived = (key: string): Prepared => ({ key, values: [key, 'x'], hash: key });
const clues = (changed: Partial<Clues> = {}): Clues => ({ alias: null, namesake: null, lookalikes: [], ...changed });
const bearer = (key: string, changed: Partial<Bearer> = {}): Bearer => {
  return { key, isRecord: true, isLive: true, takenBy: null, madeBy: null, ...changed };
};

type RecordWithClues = readonly [native: string, clues: Clues];

/** For each record its key, or why there is none. */
function keysOf(by: typeof guest, ...records: RecordWithClues[]) {
  return keysIn(table, by, ...records);
}

function keysIn(of: typeof table, by: typeof guest, ...records: RecordWithClues[]) {
  const { keys } = recogniseAll(
    records.map(([native]) => arrived(native)),
    records.map(([, clue]) => clue),
    of,
    by,
  );
  return keys.map((found) => ('because' in found ? found.because : found.key));
}

describe('a record is', () => {
  test('the one that its alias names, whatever else would fit', () => {
    expect(keysOf(guest, ['7', clues({ alias: '1' })])).toEqual(['1']);
    expect(keysOf(host, ['7', clues({ alias: '1' })])).toEqual(['1']);
  });

  test('at home the one with its key, and elsewhere the one that looks like it', () => {
    const both = clues({ namesake: bearer('7'), lookalikes: [bearer('1')] });
    expect(keysOf(host, ['7', both])).toEqual(['7']);
    expect(keysOf(guest, ['7', both])).toEqual(['1']);
  });

  test('at home not one whose own native key has not come yet', () => {
    const next = clues({ lookalikes: [bearer('1')] });
    expect(keysOf(host, ['7', next])).toEqual(['7']);
    expect(keysOf(host, ['7', clues({ lookalikes: [bearer('1', { madeBy: 'lab' })] })])).toEqual(['1']);
    expect(keysOf(host, ['7', clues({ lookalikes: [bearer('1', { isRecord: false })] })])).toEqual(['1']);
  });

  test('at home the one with its key, also if another adapter at home has made that key', () => {
    const both = { ...host, home: ['hub', 'lab'] };
    expect(keysOf(both, ['7', clues({ namesake: bearer('7', { madeBy: 'lab' }) })])).toEqual(['7']);
    expect(keysOf(both, ['7', clues({ lookalikes: [bearer('1', { madeBy: 'lab' })] })])).toEqual(['7']);
  });

  test('never one that another native key stands for', () => {
    expect(keysOf(guest, ['7', clues({ lookalikes: [bearer('1', { takenBy: '6' })] })])).toEqual(['7']);
    const alike = clues({ lookalikes: [bearer('1')] });
    expect(keysOf(guest, ['7', alike], ['8', alike])).toEqual(['1', '8']);
    expect(keysOf(guest, ['7', alike], ['8', clues({ alias: '1' })])).toEqual(['7', '1']);
  });

  test('not the one with its key if another native key stands for that one', () => {
    const atHub = expect.stringContaining('its id at hub, 7, is the key of another record');
    expect(keysOf(host, ['7', clues({ namesake: bearer('7', { takenBy: '9' }) })])).toEqual([atHub]);
    const its = ['7', clues({ namesake: bearer('7') })] as const;
    expect(keysOf(host, its, ['9', clues({ alias: '7' })])).toEqual([atHub, '7']);
  });

  test('not new under a key that another record of its batch has', () => {
    const atLab = expect.stringContaining('its id at lab, 7, is the key of another record');
    expect(keysOf(guest, ['9', clues({ alias: '7' })], ['7', clues()])).toEqual(['7', atLab]);
  });

  test('a live row rather than a deleted one', () => {
    const dead = bearer('1', { isLive: false });
    expect(keysOf(guest, ['7', clues({ lookalikes: [dead, bearer('2')] })])).toEqual(['2']);
    expect(keysOf(guest, ['7', clues({ lookalikes: [dead] })])).toEqual(['1']);
  });

  test('never one of another tenant if tenants are match fields, whatever was matched before', () => {
    const tenants = { key: ['tenant', 'id'], match: ['tenant', 'email'] };
    const across = expect.stringContaining('when "match" did not include tenant');
    const asKey = (...parts: string[]) => JSON.stringify(parts);
    const from = (key: string) => [asKey('t1', '7'), clues({ alias: key })] as const;
    expect(keysIn(tenants, guest, from(asKey('t1', '1')))).toEqual([asKey('t1', '1')]);
    for (const key of [asKey('t2', '1'), 't1', asKey()]) expect(keysIn(tenants, guest, from(key))).toEqual([across]);
  });

  test('new if no record has its key', () => {
    expect(keysOf(guest, ['7', clues()])).toEqual(['7']);
  });

  test('new if several rows are alike and all are deleted: no live row is at stake', () => {
    const dead = [bearer('1', { isLive: false }), bearer('2', { isLive: false })];
    expect(keysOf(guest, ['7', clues({ lookalikes: dead })])).toEqual(['7']);
    const taken = expect.stringContaining('is the key of another record');
    expect(keysOf(guest, ['7', clues({ namesake: bearer('7'), lookalikes: dead })])).toEqual([taken]);
  });

  test('unknown if more rows are alike than are looked at, even if all of these are taken', () => {
    const crowd = Array.from({ length: mostLookalikes + 1 }, (_, n) => bearer(`r${n}`, { takenBy: `x${n}` }));
    const ambiguous = expect.stringContaining('might be any of the rows with the same email: r0, r1, r2, …');
    expect(keysOf(guest, ['7', clues({ lookalikes: crowd })])).toEqual([ambiguous]);
    expect(keysOf(guest, ['7', clues({ lookalikes: crowd.slice(1) })])).toEqual(['7']);
  });

  test('at home new however many rows of this adapter are alike, and unknown if one of another adapter is among them', () => {
    const crowd = Array.from({ length: mostLookalikes + 1 }, (_, n) => bearer(`r${n}`));
    expect(keysOf(host, ['7', clues({ lookalikes: crowd })])).toEqual(['7']);
    const mixed = [...crowd.slice(1), bearer('x', { madeBy: 'lab' })];
    const ambiguous = expect.stringContaining('might be any of the rows with the same email: x, …');
    expect(keysOf(host, ['7', clues({ lookalikes: mixed })])).toEqual([ambiguous]);
  });

  test('unknown if it might be any of several, or if its key is taken', () => {
    const two = clues({ lookalikes: [bearer('1'), bearer('2'), bearer('3'), bearer('4')] });
    expect(keysOf(guest, ['7', two])).toEqual(['might be any of the rows with the same email: 1, 2, 3, …']);
    const taken = expect.stringContaining('its id at lab, 7, is the key of another record');
    expect(keysOf(guest, ['7', clues({ namesake: bearer('7') })])).toEqual([taken]);
    const atHub = expect.stringContaining('its id at hub, 7, is the key of another record');
    expect(keysOf(host, ['7', clues({ namesake: bearer('7', { madeBy: 'lab' }) })])).toEqual([atHub]);
    const unwritten = expect.stringContaining('its id at hub, 7, is the key of a row that no run has written');
    expect(keysOf(host, ['7', clues({ namesake: bearer('7', { isRecord: false }) })])).toEqual([unwritten]);
    const promised = bearer('7', { isRecord: false, madeBy: 'lab' });
    expect(keysOf(host, ['7', clues({ namesake: promised })])).toEqual([atHub]);
    expect(keysOf(guest, ['7', clues({ namesake: bearer('7', { isRecord: false }) })])).toEqual([taken]);
  });
});

describe('a batch', () => {
  const columns: readonly Column[] = [
    { name: 'id', kind: 'text' },
    { name: 'email', kind: 'text' },
  ];
  const resource: Pick<Resource, 'table' | 'rekey'> = {
    table: {
      ...{ resource: 'people', table: 'people', key: ['id'], match: ['email'], onDelete: 'soft' as const },
      ...{ columns, mapped: columns },
    },
    rekey: (record, key) => ({ ...record, key, hash: `re:${key}` }),
  };
  const batch = (records: readonly Prepared[], rejected: readonly Rejected[] = []) => {
    return { records, rejected, raw: records.length + rejected.length, duplicates: 0, isLast: true };
  };
  const reject = (key: string | null): Rejected => ({ key, reasons: ['email is broken'], raw: {} });
  const telling = (known: Readonly<Record<string, Clues>>, by = guest) => ({
    by,
    ask: async (asked: readonly Arrived[]) => asked.map(({ native }) => known[native] ?? clues()),
  });

  test('has the keys of the system, and the aliases that are new', async () => {
    const from = telling({ a: clues({ alias: '1' }), b: clues({ lookalikes: [bearer('2')] }) });
    expect(await identify(batch([arrived('a'), arrived('b'), arrived('c')]), resource, from)).toMatchObject({
      records: [
        { key: '1', hash: 're:1' },
        { key: '2', hash: 're:2' },
        { key: 'c', hash: 'c' },
      ],
      aliases: {
        adapter: 'lab',
        known: [
          ['b', '2', false],
          ['c', 'c', true],
        ],
      },
      recognised: { alias: 1, match: 1, key: 0, none: 1 },
    });
  });

  test('at home is looked up by its keys first, and only unknown records by their fields', async () => {
    const asked: (readonly [string, boolean])[][] = [];
    const known = { a: clues({ alias: '1' }), b: clues({ namesake: bearer('b') }) };
    const { by, ask } = telling(known, host);
    const noting: typeof ask = (arrivals) => {
      asked.push(arrivals.map(({ native, values }) => [native, values !== null]));
      return ask(arrivals);
    };
    await identify(batch([arrived('a'), arrived('b'), arrived('c')]), resource, { by, ask: noting });
    expect(asked).toEqual([
      [
        ['a', false],
        ['b', false],
        ['c', false],
      ],
      [['c', true]],
    ]);
  });

  test('rejects unknown records without a key, with their fields as they came', async () => {
    const from = telling({ a: clues({ namesake: bearer('a') }) });
    const { records, rejected, aliases } = await identify(batch([arrived('a')]), resource, from);
    expect([records, aliases?.known]).toEqual([[], []]);
    expect(rejected).toEqual([{ key: null, reasons: [expect.any(String)], raw: { id: 'a', email: 'x' } }]);
  });

  test('counts a rejected record as seen only if its key is known', async () => {
    const known = { a: clues({ alias: '1' }), b: clues({ namesake: bearer('b') }) };
    const all = [reject('a'), reject(null), reject('b'), reject('c')];
    const keys = async (by: typeof guest) =>
      (await identify(batch([], all), resource, telling(known, by))).rejected.map(({ key }) => key);
    expect(await keys(guest)).toEqual(['1', null, null, null]);
    expect(await keys(host)).toEqual(['1', null, 'b', null]);
    expect(await keys(alone)).toEqual(['1', null, 'b', 'c']);
  });

  test('keeps the clues of its records apart from those of its rejected records', async () => {
    const known = { a: clues({ alias: '1' }), b: clues({ alias: '2' }), c: clues({ alias: '3' }) };
    const { records, rejected } = await identify(
      batch([arrived('a')], [reject('b'), reject('c')]),
      resource,
      telling(known),
    );
    expect([records, rejected].map((each) => each.map(({ key }) => key))).toEqual([['1'], ['2', '3']]);
  });

  test('has no tombstone under the key of another tenant', async () => {
    const composite = { ...resource, table: { ...resource.table, key: ['tenant', 'id'], match: ['tenant', 'email'] } };
    const known = { '["t1","7"]': clues({ alias: '["t2","1"]' }), '["t1","8"]': clues({ alias: '["t1","2"]' }) };
    expect(await keysOfNatives(Object.keys(known), composite, telling(known))).toEqual(['["t1","2"]']);
    const { rejected } = await identify(batch([], [reject('["t1","7"]')]), composite, telling(known));
    expect(rejected.map(({ key }) => key)).toEqual([null]);
  });

  test('without match stays as it is, and nothing is looked up', async () => {
    const plain: typeof resource = { table: resource.table };
    const asking = { by: guest, ask: () => Promise.reject(new Error('asked')) };
    const given = batch([arrived('a')], [reject('b')]);
    expect(await identify(given, plain, asking)).toBe(given);
    expect(await keysOfNatives(['a'], plain, asking)).toEqual(['a']);
  });

  test('a tombstone has the key of the system, and the tombstone of an unknown record has none', async () => {
    const known = { a: clues({ alias: '1' }), b: clues({ namesake: bearer('b') }) };
    expect(await keysOfNatives(['a', 'b', 'c'], resource, telling(known))).toEqual(['1']);
    expect(await keysOfNatives(['a', 'b', 'c'], resource, telling(known, host))).toEqual(['1', 'b']);
  });
});
