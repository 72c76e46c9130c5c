import { noClues } from '../../identity.ts';
import type { ResourceTable, TargetReader } from '../../target.ts';
import { defaultTimings } from '../../timings.ts';
import { type Address, parseAddress, type Tls } from './connection/address.ts';
import { createConnection, type Patience, patienceOf } from './connection/connection.ts';
import type { Session } from './connection/session.ts';
import { readLease } from './fence.ts';
import { countRejects, readGroups, readPass, readRejects, readRuns } from './ledger.ts';
import { readOutbox } from './outbox.ts';
import { cluesOf, foreignAlias } from './rows/aliases.ts';
import { compareEntries, keysOf, liveEntries, liveIds, type Register, registerOf } from './rows/entries.ts';
import { lookUp, wantedKey, wantedRecord } from './rows/rows.ts';
import { type Shape, shapeOf } from './rows/shape.ts';
import { readTable } from './rows/system-table.ts';
import { hasSchema, type Place, placeIn } from './schema.ts';
import { inspectTable } from './take-over.ts';

export interface PostgresOptions {
  readonly url: string;
  readonly schema: string;
  readonly tls?: Tls | undefined;
  /** The sync's name. */
  readonly name: string;
}

/** Runs work on one state of the database. */
export type Read = <T>(work: (session: Session) => Promise<T>) => Promise<T>;

const patience = patienceOf(defaultTimings);

/** Opens a Postgres target to read from: a standby will do. It makes no table; what is not there reads as empty. */
export async function openPostgresReader(options: PostgresOptions): Promise<TargetReader> {
  const address = parseAddress(options.url, options.tls);
  return openReading(address, options, patience);
}

export interface Reading extends TargetReader {
  readonly place: Place;
  /** The table as it is now. */
  readonly shape: (session: Session, table: ResourceTable) => Promise<Shape | null>;
}

/** A connection of its own: what a run reads meanwhile must not stand inside its transaction. */
export function openReading(address: Address, { name, schema }: PostgresOptions, waits: Patience): Reading {
  const connection = createConnection(address, `cronsync:${name}`, waits, 'read');
  const place = placeIn(schema, address.label);
  const read: Read = (work) => connection.transaction(work);
  return {
    label: address.label,
    place,
    shape: (session, table) => shapeIn(session, place, table),
    ...readerMethods(read, place, name),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

async function shapeIn(session: Session, place: Place, table: ResourceTable): Promise<Shape | null> {
  return shapeOf(table, await readTable(session, place, table.table), place);
}

function readerMethods(
  read: Read,
  place: Place,
  name: string,
): Omit<TargetReader, 'label' | typeof Symbol.asyncDispose> {
  let isThere = false;
  const isOurs = async (session: Session): Promise<boolean> => {
    isThere ||= await hasSchema(session, place);
    return isThere;
  };
  const ours = <T>(work: (session: Session) => Promise<T>, empty: T): Promise<T> =>
    read(async (session) => ((await isOurs(session)) ? work(session) : empty));
  const registered = <T>(
    resource: string,
    work: (session: Session, register: Register) => Promise<T>,
    empty: T,
  ): Promise<T> =>
    ours(async (session) => {
      const register = await registerOf(session, place, name, resource);
      return register ? work(session, register) : empty;
    }, empty);

  return {
    async lease() {
      const lease = await ours((session) => readLease(session, place, name), null);
      if (lease === null) return null;
      const { lastTx: _lastTx, ...row } = lease;
      return row;
    },
    pass: (resource) => ours((session) => readPass(session, place, name, resource), null),
    inspect: (table) => read((session) => inspectTable(session, place, name, table)),
    compare: ({ resource }, entries) =>
      registered(resource, (session, { id }) => compareEntries(session, place, id, entries), {
        unchanged: [],
        different: entries.map((_entry, at) => at),
      }),
    find: (table, records) =>
      read(async (session) => {
        const register = (await isOurs(session)) ? await registerOf(session, place, name, table.resource) : null;
        const shape = await shapeIn(session, place, table);
        if (!register && !shape) return records.map(() => ({ entry: null, row: null, isRowDeleted: false }));
        const wanted = records.map((record) => wantedRecord(record, shape));
        const found = await lookUp(session, { place, shape, of: register?.id ?? null, lock: '' }, wanted);
        return found.map(({ isBusy: _isBusy, ...rest }) => rest);
      }),
    clues: (table, adapter, arrived) =>
      read(async (session) => {
        const register = (await isOurs(session)) ? await registerOf(session, place, name, table.resource) : null;
        const shape = await shapeIn(session, place, table);
        if (!register && !shape) return arrived.map(() => noClues);
        return cluesOf(session, { place, shape, of: register?.id ?? null, adapter }, table, arrived);
      }),
    foreignAlias: (resource, adapter) =>
      registered(resource, (session, { id: of }) => foreignAlias(session, { place, of, adapter }), null),
    idsOf: (resource, keys) => registered(resource, (session, { id }) => liveIds(session, place, id, keys), []),
    countLive: (resource) => registered(resource, async (_session, { live }) => live, 0),
    liveAfter: (resource, after, limit) =>
      registered(resource, (session, { id }) => liveEntries(session, place, id, after, limit), { ids: [], missed: [] }),
    rowsOf: (table, ids) =>
      registered(
        table.resource,
        async (session, { id: of }) => {
          const shape = await shapeIn(session, place, table);
          const keys = await keysOf(session, place, of, ids, { live: false });
          const wanted = keys.map(({ key }) => wantedKey(key, shape));
          const found = await lookUp(session, { place, shape, of, lock: '' }, wanted);
          return keys.map(({ key }, n) => ({ key, row: found[n]?.row ?? null }));
        },
        [],
      ),
    outbox: (after, limit) =>
      ours((session) => readOutbox(session, place, name, after, limit), {
        generation: after.generation,
        firstSeq: after.seq + 1,
        events: [],
      }),
    groups: () => ours((session) => readGroups(session, place, name), []),
    runs: (limit) => ours((session) => readRuns(session, place, name, limit), []),
    rejects: ({ resource, limit }) => ours((session) => readRejects(session, place, name, resource, limit), []),
    countRejects: (resource) => ours((session) => countRejects(session, place, name, resource), 0),
  };
}
