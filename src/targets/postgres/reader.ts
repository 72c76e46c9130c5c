import { noClues } from '../../identity.ts';
import type { TargetReader } from '../../target.ts';
import { defaultTimings } from '../../timings.ts';
import type { Register } from '../sql/entry-book.ts';
import { allDifferent, emptyOutbox, noFound, noLiveIds } from '../sql/nothing-yet.ts';
import { type Address, parseAddress, type Tls } from './connection/address.ts';
import { createConnection } from './connection/connection.ts';
import { type Patience, patienceOf } from './connection/patience.ts';
import type { Session } from './connection/session.ts';
import { readFence, withoutMark } from './fence/fence.ts';
import { readGroups, readPass, readRuns } from './ledger.ts';
import { readOutbox } from './outbox.ts';
import { readRejects } from './rejects.ts';
import { cluesOf, foreignAlias } from './rows/aliases.ts';
import { compareEntries, keysOf, liveEntries, liveIds } from './rows/entries.ts';
import { inspectTable } from './rows/inspect-table.ts';
import { lookUp } from './rows/look-up.ts';
import { registerOf } from './rows/register.ts';
import { readShape } from './rows/shapes.ts';
import { wantedKey, wantedRecord } from './rows/wanted.ts';
import { hasSchema, type Place, placeIn } from './schema.ts';

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

/** Opens a Postgres target to read from; a standby is enough. It makes no table: a missing one reads as empty. */
export async function openPostgresReader(options: PostgresOptions): Promise<TargetReader> {
  const address = parseAddress(options.url, options.tls);
  return openReading(address, options, patience).reader;
}

export interface Reading {
  readonly place: Place;
  readonly reader: TargetReader;
}

/** A connection of its own: what a run reads meanwhile must not be part of its transaction. */
export function openReading(address: Address, { name, schema }: PostgresOptions, waits: Patience): Reading {
  const connection = createConnection(address, `cronsync:${name}`, waits, 'read');
  const place = placeIn(schema, address.label);
  const reader: TargetReader = {
    label: address.label,
    ...readerMethods((work) => connection.transaction(work), place, name),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
  return { place, reader };
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
    async fence() {
      const fence = await ours((session) => readFence(session, place, name), null);
      return fence && withoutMark(fence);
    },
    pass: (resource) => ours((session) => readPass(session, place, name, resource), null),
    inspect: (table) => read((session) => inspectTable(session, place, name, table)),
    compare: ({ resource }, entries) =>
      registered(resource, (session, { id }) => compareEntries(session, place, id, entries), allDifferent(entries)),
    find: (table, records) =>
      read(async (session) => {
        const register = (await isOurs(session)) ? await registerOf(session, place, name, table.resource) : null;
        const shape = await readShape(session, place, table);
        if (!register && !shape) return records.map(() => noFound);
        const wanted = records.map((record) => wantedRecord(record, shape));
        const found = await lookUp(session, { place, shape, of: register?.id ?? null, lock: '' }, wanted);
        return found.map(({ isBusy: _isBusy, ...rest }) => rest);
      }),
    clues: (table, adapter, arrived) =>
      read(async (session) => {
        const register = (await isOurs(session)) ? await registerOf(session, place, name, table.resource) : null;
        const shape = await readShape(session, place, table);
        if (!register && !shape) return arrived.map(() => noClues);
        return cluesOf(session, { place, shape, of: register?.id ?? null, adapter }, table, arrived);
      }),
    foreignAlias: (resource, adapter) =>
      registered(resource, (session, { id: of }) => foreignAlias(session, { place, of, adapter }), null),
    idsOf: (resource, keys) => registered(resource, (session, { id }) => liveIds(session, place, id, keys), []),
    countLive: (resource) => registered(resource, async (_session, { live }) => live, 0),
    liveAfter: (resource, after, limit) =>
      registered(resource, (session, { id }) => liveEntries(session, place, id, after, limit), noLiveIds),
    rowsOf: (table, ids) =>
      registered(
        table.resource,
        async (session, { id: of }) => {
          const shape = await readShape(session, place, table);
          const keys = await keysOf(session, place, of, ids, { live: false });
          const wanted = keys.map(({ key }) => wantedKey(key, shape));
          const found = await lookUp(session, { place, shape, of, lock: '' }, wanted);
          return keys.map(({ key }, n) => ({ key, row: found[n]?.row ?? null }));
        },
        [],
      ),
    outbox: (after, limit) => ours((session) => readOutbox(session, place, name, after, limit), emptyOutbox(after)),
    groups: () => ours((session) => readGroups(session, place, name), []),
    runs: (limit) => ours((session) => readRuns(session, place, name, limit), []),
    rejects: ({ resource, limit }) => ours((session) => readRejects(session, place, name, resource, limit), []),
  };
}
