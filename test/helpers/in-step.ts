import { expect } from 'vitest';
import { beforeEverything, comparePositions, parsePosition } from '../../src/event.ts';
import type { Customer, RemoteCustomer } from './customers.ts';
import type { Project } from './project.ts';
import type { Row, SyncEvent } from './sync-event.ts';

export interface InStep {
  /** Live rows that the table must hold; by default the customers that the third party has. */
  readonly rows?: readonly Row[];
  readonly table?: string;
  /** Whose events; by default those of `customers`. */
  readonly resource?: string;
  /** The stream may have lost what every group has passed, which is all of it at times. */
  readonly isTrimmed?: boolean;
}

/**
 * What must hold after every fault, once a clean run has ended (docs/protocol.md section 10): the table is what the third party
 * has; cronsync knows which rows are live; the events lead to the table; the stream is the outbox, gap-free; hits were
 * spaced; no key stays for ever.
 */
export async function expectInStep(project: Project, options: InStep = {}): Promise<void> {
  const { table = 'customers', resource = 'customers' } = options;
  const expected = options.rows ?? project.records.map((record) => mapped(record as RemoteCustomer));
  const live = (await project.database.rows(table)).filter((row) => row.deleted_at == null).map(withoutMark);
  const events = await project.database.events();

  expect(byId(live.map(parsed))).toEqual(byId(expected));
  expect(byId(replay(events.filter(({ type }) => type.startsWith(`${resource}.`))))).toEqual(byId(expected));
  await expectNoted(project, resource, live);
  await expectStreamIsOutbox(project, events, options.isTrimmed === true);
  expect(project.party.tooEarly.map(({ gapMs }) => gapMs)).toEqual([]);
  expect(await keysForEver(project)).toEqual([]);
}

/** What cronsync has noted of its rows: which are live, by key, and how many. */
async function expectNoted({ name, database, config }: Project, resource: string, live: readonly Row[]): Promise<void> {
  const [noted] = await database.query('SELECT * FROM _sync_tables WHERE name = ? AND resource = ?', name, resource);
  const isLive = config.target.type === 'postgres' ? 'NOT deleted' : 'deleted_at IS NULL';
  const ofTable = Number(noted?.id ?? 0);
  const records = await database.query(`SELECT key FROM _sync_records WHERE of_table = ? AND ${isLive}`, ofTable);
  expect(records.map(({ key }) => key).toSorted()).toEqual(live.map(({ id }) => String(id)).toSorted());
  expect(Number(noted?.live ?? 0)).toBe(live.length);
}

/** The customer that the project's map makes of the third party's. */
export function mapped({ id, contact, status, labels }: RemoteCustomer): Customer & Row {
  return { id, email: contact.email, state: status, tags: labels.map(({ name }) => name) };
}

/** What the events alone say that the table holds. An event that does not fit the one before it fails the test. */
export function replay(events: readonly SyncEvent[]): Row[] {
  const rows = new Map<string, Row>();
  for (const { type, data } of events) {
    const verb = type.slice(type.lastIndexOf('.') + 1);
    expect([type, data.key, rows.has(data.key)]).toEqual([type, data.key, verb !== 'created']);
    if (verb !== 'created') expect(data.before).toEqual(rows.get(data.key));
    if (data.after === null) rows.delete(data.key);
    else rows.set(data.key, data.after);
  }
  return [...rows.values()];
}

/** Each event is on the stream exactly once, at the ID that its number makes, up to the last one that was given out. */
async function expectStreamIsOutbox(project: Project, outbox: readonly SyncEvent[], isTrimmed: boolean): Promise<void> {
  const last = outbox.at(-1);
  if (!last) return;
  const entries = await project.streamEvents();
  const generation = positionOf(last).split('-')[0];
  const current = entries.filter(({ id }) => id.startsWith(`${generation}-`));
  const kept = outbox.filter((event) => positionOf(event).startsWith(`${generation}-`));
  const trimmed = isTrimmed ? kept.slice(0, kept.length - current.length) : [];

  expect(current.map(({ id }) => id)).toEqual(current.map(({ event }) => positionOf(event)));
  expect(current.map(({ event }) => event)).toEqual(kept.slice(trimmed.length));
  if (trimmed.length > 0) await expectPassed(project, trimmed);
  const numbers = kept.map(({ sequence }) => Number(sequence));
  expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] ?? 0) + at));
}

/** What is not on the stream any more, every group has acknowledged, and there are groups. */
async function expectPassed({ redis: { client }, streamKey }: Project, trimmed: readonly SyncEvent[]): Promise<void> {
  const groups = (await client.xinfo('GROUPS', streamKey)) as readonly (readonly unknown[])[];
  expect(groups.length).toBeGreaterThan(0);
  for (const facts of groups) {
    const fact = (name: string) => String(facts[facts.indexOf(name) + 1]);
    const [, oldest] = (await client.xpending(streamKey, fact('name'))) as readonly unknown[];
    const isPassed = (position: string) =>
      !isBefore(fact('last-delivered-id'), position) && (typeof oldest !== 'string' || isBefore(position, oldest));
    expect(trimmed.map(positionOf).filter((position) => !isPassed(position))).toEqual([]);
  }
}

function isBefore(a: string, b: string): boolean {
  const place = (text: string) => parsePosition(text) ?? beforeEverything;
  return comparePositions(place(a), place(b)) < 0;
}

/** An event's id without the sync's name: where it stands on the stream. */
function positionOf({ id }: SyncEvent): string {
  return id.slice(id.lastIndexOf(':') + 1);
}

async function keysForEver({ redis, streamKey }: Project): Promise<string[]> {
  const keys = await redis.client.keys('*');
  const ttls = await Promise.all(keys.map(async (key) => ({ key, ttl: await redis.client.pttl(key) })));
  return ttls
    .filter(({ key, ttl }) => ttl === -1 && key !== streamKey && !key.endsWith(':events'))
    .map(({ key }) => key);
}

function withoutMark({ deleted_at, ...row }: Row): Row {
  return row;
}

/** Lists are stored as JSON text. */
function parsed(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      typeof value === 'string' && value.startsWith('[') ? JSON.parse(value) : value,
    ]),
  );
}

function byId(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
}
