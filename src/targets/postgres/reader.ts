import type { TargetReader } from '../../target.ts';
import { defaultTimings } from '../../timings.ts';
import { type AddressOptions, addressOf } from './connection/address.ts';
import { type Connection, createConnection } from './connection/connection.ts';
import { type PostgresTimings, patienceOf } from './connection/patience.ts';
import type { Session } from './connection/session.ts';
import { questions } from './questions.ts';
import { KnownVersion, type Place, placeIn, type Transact } from './schema.ts';

export interface PostgresOptions extends AddressOptions {
  readonly schema: string;
  /** The sync's name. */
  readonly name: string;
}

/** Opens a Postgres target to read from; a standby is enough. It never makes a table: what is missing reads as empty. */
export async function openPostgresReader(
  options: PostgresOptions & { readonly timings?: PostgresTimings | undefined },
): Promise<TargetReader> {
  const patience = patienceOf(options.timings ?? defaultTimings);
  return openReading(createConnection(addressOf(options), `cronsync:${options.name}`, patience, 'read'), options)
    .reader;
}

export interface Reading {
  readonly place: Place;
  /** Of our own tables. */
  readonly version: KnownVersion;
  readonly reader: TargetReader;
}

export function openReading(connection: Connection, { name, schema }: PostgresOptions): Reading {
  const place = placeIn(schema, connection.label);
  const version = new KnownVersion();
  const reader: TargetReader = {
    label: connection.label,
    ...questions((work) => connection.transaction(work), place, name, version),
    atOnce: (ask) => connection.transaction((session) => ask(questions(inTurn(session), place, name, version))),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
  return { place, version, reader };
}

/** Works in one transaction, one after the other. What fails ends the transaction: the works that wait for their turn fail with it. */
function inTurn(session: Session): Transact {
  let turn: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = turn.then(() => work(session));
    mine.catch(() => {});
    turn = mine;
    return mine;
  };
}
