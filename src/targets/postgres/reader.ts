import type { TargetReader } from '../../target.ts';
import { defaultTimings } from '../../timings.ts';
import { type Address, type AddressOptions, addressOf } from './connection/address.ts';
import { createConnection } from './connection/connection.ts';
import { type Patience, type PostgresTimings, patienceOf } from './connection/patience.ts';
import type { Session } from './connection/session.ts';
import { questions } from './questions.ts';
import { type Place, placeIn, type Transact } from './schema.ts';

export interface PostgresOptions extends AddressOptions {
  readonly schema: string;
  /** The sync's name. */
  readonly name: string;
}

/** Opens a Postgres target to read from; a standby is enough. It never makes a table: what is missing reads as empty. */
export async function openPostgresReader(
  options: PostgresOptions & { readonly timings?: PostgresTimings | undefined },
): Promise<TargetReader> {
  const address = addressOf(options);
  return openReading(address, options, patienceOf(options.timings ?? defaultTimings)).reader;
}

export interface Reading {
  readonly place: Place;
  readonly reader: TargetReader;
}

/** Reads over a connection of its own: what a run reads meanwhile must not be part of its transaction. */
export function openReading(address: Address, { name, schema }: PostgresOptions, patience: Patience): Reading {
  const connection = createConnection(address, `cronsync:${name}`, patience, 'read');
  const place = placeIn(schema, address.label);
  const reader: TargetReader = {
    label: address.label,
    ...questions((work) => connection.transaction(work), place, name),
    atOnce: (ask) => connection.transaction((session) => ask(questions(inTurn(session), place, name))),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
  return { place, reader };
}

/** Works in one transaction, one after the other: a session has one query at a time. */
function inTurn(session: Session): Transact {
  let turn: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = turn.then(() => work(session));
    turn = mine.catch(() => {});
    return mine;
  };
}
