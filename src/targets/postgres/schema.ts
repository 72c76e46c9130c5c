import { ConfigError } from '../../errors.ts';
import { quoted } from '../sql/identifiers.ts';
import { otherVersionError } from '../sql/run-errors.ts';
import type { Session } from './connection/session.ts';
import { migrations } from './migrations.ts';

/** Where our tables and the system's are: one schema of the database, named in every statement, whatever the search path is. */
export interface Place {
  readonly label: string;
  readonly schema: string;
  /** A table of this schema, quoted. */
  readonly table: (name: string) => string;
}

export function placeIn(schema: string, label: string): Place {
  return { label, schema, table: (name) => `${quoted(schema)}.${quoted(name)}` };
}

/** Reads the catalog's tables, not its cache: another first start may have made our tables a moment ago. */
const presence = `
SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1) AS here, EXISTS (
  SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = '_sync_schema') AS ours`;

/**
 * The version of our own tables; 0 where there are none. Throws `ConfigError` where a later release made them, or where there
 * is no such schema.
 */
export async function schemaVersion(session: Session, place: Place): Promise<number> {
  const { rows } = await session.query(presence, [place.schema]);
  if (rows[0]?.here !== 't') {
    throw new ConfigError(`the target ${place.label} has no schema "${place.schema}"; nothing was written`, {
      hint: `CREATE SCHEMA ${quoted(place.schema)};`,
    });
  }
  if (rows[0].ours !== 't') return 0;
  const { rows: versions } = await session.query(`SELECT version FROM ${place.table('_sync_schema')}`);
  const version = Number(versions[0]?.version);
  if (version >= 1 && version <= migrations.length) return version;
  throw otherVersionError(place.label, version, migrations.length);
}

/** The version of our own tables, which is read until it is the latest: then it cannot change any more. */
export class KnownVersion {
  #version = 0;

  async in(session: Session, place: Place): Promise<number> {
    if (!this.isLatest) this.#version = await schemaVersion(session, place);
    return this.#version;
  }

  get isLatest(): boolean {
    return isLatest(this.#version);
  }

  /** A run has taken over: its tables are those of this release. */
  setLatest(): void {
    this.#version = migrations.length;
  }
}

/** Whether our tables are there, of whatever version. */
export async function hasSchema(session: Session, place: Place): Promise<boolean> {
  return (await schemaVersion(session, place)) > 0;
}

/** Runs short work in a transaction. */
export type Transact = <T>(work: (session: Session) => Promise<T>) => Promise<T>;

/**
 * Makes our tables if they are not there, in a transaction of its own. Tables of an earlier release stay as they are. Two
 * first starts at once take turns.
 */
export async function ensureSchema(transact: Transact, place: Place): Promise<void> {
  if (await transact((session) => hasSchema(session, place))) return;
  await transact(async (session) => {
    await session.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [place.table('_sync_schema')]);
    if (!(await hasSchema(session, place))) await takeSteps(session, place, 0);
  });
}

export function isLatest(version: number): boolean {
  return version === migrations.length;
}

/**
 * Brings the tables of an earlier release up to this one. Called inside the transaction that takes over: the row of the
 * version keeps apart two syncs that do so at once.
 */
export async function migrate(session: Session, place: Place): Promise<void> {
  await session.query(`SELECT version FROM ${place.table('_sync_schema')} FOR UPDATE`);
  await takeSteps(session, place, await schemaVersion(session, place));
}

async function takeSteps(session: Session, place: Place, from: number): Promise<void> {
  for (const step of migrations.slice(from)) await session.query(step(place.table));
  await session.query(`UPDATE ${place.table('_sync_schema')} SET version = $1`, [migrations.length]);
}

/** Our tables, made when they are first written to. */
export class OurTables {
  readonly #transact: Transact;
  readonly #place: Place;
  readonly #version: KnownVersion;
  #areThere = false;

  constructor(transact: Transact, place: Place, version: KnownVersion) {
    this.#transact = transact;
    this.#place = place;
    this.#version = version;
  }

  /** Runs work in a transaction that finds our tables there. */
  async transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    if (!this.#areThere && !this.#version.isLatest) await ensureSchema(this.#transact, this.#place);
    this.#areThere = true;
    return this.#transact(work);
  }
}
