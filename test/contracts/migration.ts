import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { beforeEverything } from '../../src/event.ts';
import type { Column } from '../../src/record.ts';
import type { ResourceTable } from '../../src/table.ts';
import type { TargetReader } from '../../src/target.ts';
import { batchOf, type TargetWorld, takeOver } from './target.ts';

/** What an earlier release left in a database after three runs. */
interface Left {
  /** The folder of `test/fixtures`. */
  readonly folder: string;
  /** The sync's name. */
  readonly name: string;
  readonly version: number;
  /** What a reader finds there. */
  readonly known: object;
  /** Of the row with the key 5. */
  readonly fields: object | null;
}

/** With an outbox, rejects, dead letters and a listener's cursor. */
const inCommon = { fence: { fence: 3, nextSeq: 26 }, live: 18, events: 25, rejects: 1, hasDates: true };

export const lefts: readonly Left[] = [
  {
    folder: 'release-0.1.0',
    name: 'crm-of-0.1.0',
    version: 1,
    known: {
      ...inCommon,
      pass: { checkpoint: { pass: 3, phase: 'done' }, held: null, paths: null },
      groups: [{ group: 'notify', position: { seq: 23 } }],
      runs: ['done', 'done', 'done'],
      stats: [{ outcome: 'done', count: 3 }],
      history: 3,
      reasons: ['email is {"not":"text"}, where a string belongs'],
      row: { key: '5', row: ['5', 'person5@example.com', 'active', '["label2"]'] },
    },
    fields: null,
  },
  {
    folder: 'version-2',
    name: 'crm-of-version-2',
    version: 2,
    known: {
      ...inCommon,
      pass: { checkpoint: { pass: 3, phase: 'held' }, held: expect.any(Uint8Array), paths: null },
      groups: [{ group: 'notify', position: { seq: 20 } }],
      runs: ['held', 'done', 'done'],
      stats: [
        { outcome: 'done', count: 2 },
        { outcome: 'held', count: 1 },
      ],
      history: 3,
      reasons: ['email is {"not":"text"}, not a string'],
      row: { key: '5', row: ['5', 'person5@example.com', 'active', '["label2"]'] },
    },
    fields: expect.any(String),
  },
];

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

/** What a database of an earlier release is to this one. `make` gives one. */
export function migrationContract(name: string, left: Left, make: () => Promise<TargetWorld>): void {
  describe(`${name} as ${left.folder} left it`, () => {
    let world: TargetWorld;
    const opened: AsyncDisposable[] = [];
    const use = <T extends AsyncDisposable>(made: T): T => {
      opened.push(made);
      return made;
    };
    const open = async (sync = left.name) => use(await world.open(sync));
    const reader = async () => use(await world.reader(left.name));
    const version = async () => Number((await world.rows('SELECT version FROM _sync_schema'))[0]?.version);

    beforeEach(async () => {
      world = await make();
    });
    afterEach(async () => {
      for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    });

    test('is read without being changed', async () => {
      expect(await knownBy(await reader())).toMatchObject(left.known);
      expect(await version()).toBe(left.version);
    });

    test('keeps its version while a daemon or a command writes', async () => {
      const target = await open();
      await target.saveGroups([{ group: 'notify', position: { generation: 9_999_999_999_999, seq: 24 } }]);
      expect(await target.slots.take({ id: 'one', key: 'acme' }, [{ hits: 1, perMs: 1000 }], 0)).toEqual({
        granted: true,
      });
      await target.dropPermit('customers', 'deletes');
      await target.recordActivity({ at: new Date(), who: 'ada', what: 'replay', why: null, detail: {} });
      expect(await target.endPause(null)).toBe(false);
      expect(await version()).toBe(left.version);
    });

    test('keeps its events as text where a command moves them', async () => {
      const target = await open();
      const floor = 9_999_999_999_999;
      expect(await target.rebase(floor, beforeEverything)).toEqual({ generation: floor, moved: 25 });
      const rows = await world.rows(`SELECT events FROM _sync_outbox WHERE generation = ${floor} ORDER BY first_seq`);
      const texts = rows.flatMap(({ events }) => String(events).split('\n'));
      expect((await (await reader()).outbox({ generation: floor, seq: 0 }, 99)).events).toEqual(texts);
      expect(texts.map((text) => JSON.parse(text).id.split(':').at(-1).split('-')[0])).toEqual(
        texts.map(() => `${floor}`),
      );
    });

    test('has no place for what people do, and reads it as empty', async () => {
      const target = await open();
      const [at, who] = [new Date(), 'ada'];
      const permit = { resource: 'customers', what: 'deletes', pass: 3, digest: 'd', count: 1 } as const;
      await expect(target.setPause({ listener: null, until: null, reason: null, who, at })).rejects.toThrow(
        ConfigError,
      );
      await expect(target.storePermit({ ...permit, who, at, until: at })).rejects.toThrow(ConfigError);
      await expect(target.savePreview('{}')).rejects.toThrow(/are of an earlier release .* nothing was written/);
      const old = await reader();
      expect([await old.pauses(), await old.permits(), await old.activity({ limit: 9 })]).toEqual([[], [], []]);
      expect([await old.news(), await old.preview()]).toEqual([null, null]);
    });

    test('is migrated by the run that takes over, and loses nothing', async () => {
      const { fence: before, ...known } = await knownBy(await reader());
      const target = await takeOver(await open(), oldCustomers);
      const { fence, ...kept } = await knownBy(await reader());
      expect(await version()).toBe(6);
      expect(kept).toEqual(known);
      expect(fence).toMatchObject({ fence: 4, generation: before?.generation, nextSeq: before?.nextSeq });
      const checkpoint = known.pass?.checkpoint;
      if (!checkpoint) throw new Error('there is no checkpoint');
      await target.save('customers', { checkpoint, held: new Uint8Array([7]) });
      expect((await target.pass('customers'))?.held).toEqual(new Uint8Array([7]));
    });

    test('compares rows with what it knows, and keeps drift only where there is a place for it', async () => {
      const old = await reader();
      const [known] = await old.known(oldCustomers, { ids: [5] });
      expect(known).toMatchObject({
        key: '5',
        fields: left.fields,
        row: ['5', 'person5@example.com', 'active', '["label2"]'],
      });
      await (await open()).saveDrift('customers', { checkedTo: 7, found: null });
      expect(await old.drift('customers')).toEqual({ checkedTo: left.version < 2 ? 0 : 7, found: null });
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
      expect(await version()).toBe(6);
    });

    test('is refused once a later release has migrated it, with both versions named', async () => {
      await world.sql('UPDATE _sync_schema SET version = 7');
      const refusal = /have version 7, and this release knows versions up to 6; nothing was written/;
      await expect((await reader()).pass('customers')).rejects.toThrow(refusal);
      await expect(takeOver(await open(), oldCustomers)).rejects.toThrow(refusal);
      await expect(takeOver(await open(), oldCustomers)).rejects.toThrow(ConfigError);
    });
  });
}

async function knownBy(reader: TargetReader) {
  const { events } = await reader.outbox(beforeEverything, 1000);
  const [row] = await reader.rowsOf(oldCustomers, [5]);
  const runs = await reader.runs({ limit: 9, since: new Date('2026-01-01') });
  const reasons = await reader.rejectReasons('customers');
  const rejects = await reader.rejects({ limit: 9 });
  const times = [
    ...runs.map(({ endedAt }) => endedAt),
    ...reasons.map(({ lastAt }) => lastAt),
    ...rejects.map(({ firstAt }) => firstAt),
  ];
  return {
    fence: await reader.fence(),
    pass: await reader.pass('customers'),
    live: await reader.countLive('customers'),
    events: events.length,
    groups: await reader.groups(),
    runs: runs.map(({ outcome }) => outcome),
    stats: await reader.runStats(new Date(0)),
    history: (await reader.runHistory(new Date(0), 60_000)).reduce((sum, { count }) => sum + count, 0),
    rejects: await reader.countRejects('customers'),
    reasons: reasons.map(({ reason }) => reason),
    hasDates: times.every((time) => time !== null && time.getTime() > Date.parse('2026-01-01')),
    row,
  };
}
