/** What the columns of a run say, read from its row. */
export const oldRun = {
  startedAt: "CAST(round(unixepoch(json_extract(row, '$.startedAt'), 'subsec') * 1000) AS INTEGER)",
  outcome: "json_extract(row, '$.outcome')",
} as const;

/**
 * The steps that make our own tables. Step 1 makes version 1, and each later one makes the next version of the one before. A
 * database that has no tables of ours goes through all of them, so that its tables are like those of one that was migrated.
 *
 * Ids count from 1 in each resource, and records are stored in their order: a walk over the live ones touches no other
 * resource, and a set of ids stays small.
 */
export const migrations: readonly string[] = [
  `
CREATE TABLE _sync_schema (version INTEGER NOT NULL);
INSERT INTO _sync_schema VALUES (1);
CREATE TABLE _sync_tables (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, resource TEXT NOT NULL, table_name TEXT NOT NULL COLLATE NOCASE UNIQUE,
  next_record INTEGER NOT NULL DEFAULT 1, live INTEGER NOT NULL DEFAULT 0, UNIQUE (name, resource));
CREATE TABLE _sync_lease (
  name TEXT PRIMARY KEY, fence INTEGER NOT NULL, generation INTEGER NOT NULL, next_seq INTEGER NOT NULL,
  run TEXT NOT NULL, holder TEXT NOT NULL, claimed_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE _sync_passes (
  name TEXT NOT NULL, resource TEXT NOT NULL, checkpoint TEXT NOT NULL, seen BLOB, PRIMARY KEY (name, resource));
CREATE TABLE _sync_records (
  of_table INTEGER NOT NULL REFERENCES _sync_tables (id), id INTEGER NOT NULL, key TEXT NOT NULL, hash TEXT NOT NULL,
  missed INTEGER NOT NULL DEFAULT 0, deleted_at TEXT, PRIMARY KEY (of_table, id)) WITHOUT ROWID;
CREATE UNIQUE INDEX _sync_records_key ON _sync_records (of_table, key);
CREATE TABLE _sync_outbox (
  name TEXT NOT NULL, generation INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
  at TEXT NOT NULL, events TEXT NOT NULL, PRIMARY KEY (name, generation, first_seq));
CREATE TABLE _sync_groups (
  name TEXT NOT NULL, group_name TEXT NOT NULL, generation INTEGER NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY (name, group_name)) WITHOUT ROWID;
CREATE TABLE _sync_throttle (
  key TEXT NOT NULL, kind TEXT NOT NULL, grant_id TEXT NOT NULL, until INTEGER NOT NULL, span INTEGER NOT NULL, note TEXT,
  PRIMARY KEY (key, kind, grant_id)) WITHOUT ROWID;
CREATE TABLE _sync_rejects (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, resource TEXT NOT NULL, digest TEXT NOT NULL, key TEXT, reasons TEXT NOT NULL,
  raw TEXT NOT NULL, pass INTEGER NOT NULL, at TEXT NOT NULL, UNIQUE (name, resource, digest));
CREATE TABLE _sync_runs (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, run TEXT NOT NULL, row TEXT NOT NULL, UNIQUE (name, run));
`,
  // `fields` has a digest of each mapped column of a row, as the database keeps it; null where release 0.1.0 wrote the row.
  `
ALTER TABLE _sync_passes ADD COLUMN held BLOB;
ALTER TABLE _sync_records ADD COLUMN fields TEXT;
CREATE TABLE _sync_drift (
  name TEXT NOT NULL, resource TEXT NOT NULL, checked_to INTEGER NOT NULL, found TEXT, PRIMARY KEY (name, resource)) WITHOUT ROWID;
`,
  // A run's columns say what its row says. `first_at` is null where an earlier version stored the reject: `at` counts then.
  `
ALTER TABLE _sync_passes ADD COLUMN paths TEXT;
ALTER TABLE _sync_rejects ADD COLUMN first_at TEXT;
ALTER TABLE _sync_runs ADD COLUMN started_at INTEGER;
ALTER TABLE _sync_runs ADD COLUMN outcome TEXT;
UPDATE _sync_runs SET started_at = ${oldRun.startedAt}, outcome = ${oldRun.outcome};
CREATE INDEX _sync_runs_order ON _sync_runs (name, started_at);
CREATE TABLE _sync_permits (
  name TEXT NOT NULL, resource TEXT NOT NULL, what TEXT NOT NULL, pass INTEGER NOT NULL, digest TEXT NOT NULL, count INTEGER NOT NULL,
  who TEXT NOT NULL, at INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (name, resource, what)) WITHOUT ROWID;
CREATE TABLE _sync_pauses (
  name TEXT NOT NULL, listener TEXT NOT NULL, until INTEGER, reason TEXT, who TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (name, listener)) WITHOUT ROWID;
CREATE TABLE _sync_activity (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, why TEXT, detail TEXT NOT NULL);
CREATE INDEX _sync_activity_order ON _sync_activity (name, id);
CREATE TABLE _sync_news (name TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE _sync_previews (name TEXT PRIMARY KEY, at INTEGER NOT NULL, preview TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE _sync_deferred (of_table INTEGER NOT NULL, id INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (of_table, id)) WITHOUT ROWID;
`,
  // From this version on, `events` of the outbox is a BLOB where a transaction has many events (src/targets/sql/outbox/packed-events.ts).
  '',
  // The refresh tokens of a chain are shared by the syncs that use it.
  `
CREATE TABLE _sync_tokens (
  chain TEXT PRIMARY KEY, token TEXT, stored_at INTEGER, claim TEXT, claimed_at INTEGER NOT NULL, claimed_until INTEGER NOT NULL,
  lost_at INTEGER) WITHOUT ROWID;
CREATE TABLE _sync_token_users (name TEXT NOT NULL, chain TEXT NOT NULL, PRIMARY KEY (name, chain)) WITHOUT ROWID;
`,
  'ALTER TABLE _sync_passes ADD COLUMN chunks BLOB;',
];
