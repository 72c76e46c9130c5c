import { closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { crashPoint } from '../../../crash.ts';
import { translate } from './errors.ts';
import { type Patience, patiently } from './patience.ts';
import { type Statement, Statements } from './statements.ts';

/** The rows of a system are its own business. SQLite gives the files beside a database the mode of the database. */
const ownerOnly = 0o600;

/** How long SQLite itself waits for a lock. It blocks the event loop meanwhile, so the longer wait is ours. */
const blockingWaitMs = 10;

/** One open database. Work inside `transaction` and `read` is synchronous: nothing else of ours comes in between. */
export interface Connection {
  readonly label: string;
  statement(sql: string): Statement;
  /** A statement that gives rows as arrays, with every integer as a bigint. */
  rowStatement(sql: string): Statement;
  exec(sql: string): void;
  /** Runs work in one write transaction, whole or not at all. While others hold the lock, all of it is tried again. */
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
  return new FileConnection(open(file, label, readOnly), label, patience);
}

function open(file: string, label: string, readOnly: boolean): DatabaseSync {
  if (!readOnly && !existsSync(file)) make(file);
  try {
    return new DatabaseSync(file, { readOnly, timeout: blockingWaitMs });
  } catch (error) {
    throw translate(error, label);
  }
}

/** Makes an empty file, which is an empty database. */
function make(file: string): void {
  try {
    closeSync(openSync(file, 'a', ownerOnly));
  } catch {
    // SQLite reports what is wrong when it opens the file.
  }
}

class FileConnection implements Connection {
  readonly label: string;
  readonly #database: DatabaseSync;
  readonly #patience: Patience;
  readonly #statements: Statements;
  readonly #rowStatements: Statements;

  constructor(database: DatabaseSync, label: string, patience: Patience) {
    this.label = label;
    this.#database = database;
    this.#patience = patience;
    this.#statements = new Statements(database);
    this.#rowStatements = new Statements(database, (statement) => {
      statement.setReadBigInts(true);
      statement.setReturnArrays(true);
    });
  }

  statement(sql: string): Statement {
    return this.#statements.of(sql);
  }

  rowStatement(sql: string): Statement {
    return this.#rowStatements.of(sql);
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  transaction<T>(work: () => T, signal?: AbortSignal): Promise<T> {
    return patiently(this.label, this.#patience, () => this.#write(work), signal);
  }

  read<T>(work: () => T): Promise<T> {
    return patiently(this.label, this.#patience, () => this.#attempt('BEGIN', work));
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #write<T>(work: () => T): T {
    const result = this.#attempt('BEGIN IMMEDIATE', () => {
      crashPoint('transaction-begun');
      const done = work();
      crashPoint('before-commit');
      return done;
    });
    crashPoint('after-commit');
    return result;
  }

  #attempt<T>(begin: string, work: () => T): T {
    this.#database.exec(begin);
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}
