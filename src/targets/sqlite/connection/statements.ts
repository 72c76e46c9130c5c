import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

/** How many statements are kept prepared. An update of other columns is another statement. */
const statementsKept = 400;

/** A name or a text in a statement: a column may be called `g?1`. */
const quoted = /"[^"]*"|'[^']*'/g;

/** A prepared statement. Its values are given in the order of its parameters, which are all `?`, or all numbered (`?1`). */
export interface Statement {
  run(...values: SQLInputValue[]): ReturnType<StatementSync['run']>;
  get(...values: SQLInputValue[]): ReturnType<StatementSync['get']>;
  all(...values: SQLInputValue[]): ReturnType<StatementSync['all']>;
  iterate(...values: SQLInputValue[]): ReturnType<StatementSync['iterate']>;
}

/** Prepares each statement once. `configure` says how its rows are given. */
export class Statements {
  readonly #database: DatabaseSync;
  readonly #configure: (statement: StatementSync) => void;
  readonly #prepared = new Map<string, Statement>();

  constructor(database: DatabaseSync, configure: (statement: StatementSync) => void = () => {}) {
    this.#database = database;
    this.#configure = configure;
  }

  of(sql: string): Statement {
    const known = this.#prepared.get(sql);
    if (known) return known;
    if (this.#prepared.size >= statementsKept) this.#prepared.clear();
    const made = this.#database.prepare(sql);
    this.#configure(made);
    const statement = /\?\d/.test(sql.replace(quoted, '')) ? numbered(made) : made;
    this.#prepared.set(sql, statement);
    return statement;
  }
}

/** Node 22 takes `?1` for a name and binds no value to it by its place. */
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
