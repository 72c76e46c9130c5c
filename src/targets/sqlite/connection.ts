import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { crashPoint } from '../../crash.ts';
import { busyError, isBusy, translate } from './errors.ts';

/** How long SQLite itself waits for a lock. It blocks the event loop meanwhile, so the longer wait is ours. */
const blockingWaitMs = 10;

/** Statements that are kept prepared: an update of other columns is another statement. */
const statementsKept = 400;

/** How long to wait for a lock of somebody else's, and in steps of about what. */
export interface Patience {
  readonly busyMs: number;
  readonly stepMs: number;
}

/** A prepared statement, its values given in the order of its parameters: all `?`, or all numbered (`?1`). */
export interface Statement {
  run(...values: SQLInputValue[]): ReturnType<StatementSync['run']>;
  get(...values: SQLInputValue[]): ReturnType<StatementSync['get']>;
  all(...values: SQLInputValue[]): ReturnType<StatementSync['all']>;
  iterate(...values: SQLInputValue[]): ReturnType<StatementSync['iterate']>;
}

/** One open database. What runs inside `transaction` and `read` is synchronous: nothing else of ours comes in between. */
export interface Connection {
  readonly label: string;
  statement(sql: string): Statement;
  /** A statement that gives rows as arrays, with every integer as a bigint. */
  rowStatement(sql: string): Statement;
  exec(sql: string): void;
  /** Runs work in one write transaction, whole or not at all; while others hold the lock, all of it is tried again. */
  transaction<T>(work: () => T, signal?: AbortSignal): Promise<T>;
  /** Runs work on one state of the database. */
  read<T>(work: () => T): Promise<T>;
  close(): void;
}

export function openConnection(
  file: string,
  patience: Patience,
  { readOnly }: { readonly readOnly: boolean },
): Connection {
  const label = `sqlite:${file}`;
  const database = open(file, label, readOnly);
  const statements = new Map<string, Statement>();
  const rowStatements = new Map<string, Statement>();

  const attempt = <T>(begin: string, work: () => T): T => {
    database.exec(begin);
    try {
      const result = work();
      database.exec('COMMIT');
      return result;
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  };

  const write = <T>(work: () => T): T => {
    const result = attempt('BEGIN IMMEDIATE', () => {
      crashPoint('transaction-begun');
      const done = work();
      crashPoint('before-commit');
      return done;
    });
    crashPoint('after-commit');
    return result;
  };

  const prepared = (cache: Map<string, Statement>, sql: string, set?: (made: StatementSync) => void): Statement => {
    const known = cache.get(sql);
    if (known) return known;
    if (cache.size >= statementsKept) cache.clear();
    const made = database.prepare(sql);
    set?.(made);
    const statement = /\?\d/.test(sql) ? numbered(made) : made;
    cache.set(sql, statement);
    return statement;
  };

  return {
    label,
    statement: (sql) => prepared(statements, sql),
    rowStatement: (sql) =>
      prepared(rowStatements, sql, (made) => {
        made.setReadBigInts(true);
        made.setReturnArrays(true);
      }),
    exec: (sql) => database.exec(sql),
    transaction: (work, signal) => patiently(label, patience, () => write(work), signal),
    read: (work) => patiently(label, patience, () => attempt('BEGIN', work)),
    close() {
      if (database.isOpen) database.close();
    },
  };
}

/** Node 22 takes `?1` for a name, and binds no value to it by its place. */
function numbered(statement: StatementSync): Statement {
  const named = (values: readonly SQLInputValue[]) =>
    Object.fromEntries(values.map((value, at) => [`?${at + 1}`, value]));
  return {
    run: (...values) => statement.run(named(values)),
    get: (...values) => statement.get(named(values)),
    all: (...values) => statement.all(named(values)),
    iterate: (...values) => statement.iterate(named(values)),
  };
}

function open(file: string, label: string, readOnly: boolean): DatabaseSync {
  try {
    return new DatabaseSync(file, { readOnly, timeout: blockingWaitMs });
  } catch (error) {
    throw translate(error, label);
  }
}

/** Repeats while the database is busy, with the event loop free in between, until patience ends or the signal fires. */
export async function patiently<T>(
  label: string,
  { busyMs, stepMs }: Patience,
  attempt: () => T,
  signal?: AbortSignal,
): Promise<T> {
  const deadline = performance.now() + busyMs;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error)) throw translate(error, label);
      if (performance.now() >= deadline) throw busyError(label, error);
    }
    await waitAStep(stepMs, signal);
  }
}

async function waitAStep(stepMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await pause(stepMs * (0.5 + Math.random()), undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
