import { expect } from 'vitest';
import type { Customer, Project, RemoteCustomer, Row, SyncEvent } from './sync.ts';

export interface InStep {
  /** Live rows that the table must hold; by default the customers that the third party has. */
  readonly rows?: readonly Row[];
  readonly table?: string;
  /** Whose events; by default those of `customers`. */
  readonly resource?: string;
  /** The stream may have been trimmed at its beginning, or altogether. */
  readonly isTrimmed?: boolean;
}

/**
 * What must hold after every fault, once a clean run has ended (protocol section 10): the table is what the third party
 * has; the events tell how it came to be so; the stream is the outbox, gap-free; hits were spaced; no key stays for ever.
 */
export async function expectInStep(project: Project, options: InStep = {}): Promise<void> {
  const { table = 'customers', resource = 'customers' } = options;
  const expected = options.rows ?? project.records.map((record) => mapped(record as RemoteCustomer));
  const live = (await project.database.rows(table)).filter((row) => row.deleted_at == null).map(withoutMark);
  const events = await project.database.events();

  expect(byId(live.map(parsed))).toEqual(byId(expected));
  expect(byId(replay(events.filter(({ type }) => type.startsWith(`${resource}.`))))).toEqual(byId(expected));
  await expectStreamIsOutbox(project, events, options.isTrimmed === true);
  expect(project.party.tooEarly.map(({ gapMs }) => gapMs)).toEqual([]);
  expect(await keysForEver(project)).toEqual([]);
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

  expect(current.map(({ id }) => id)).toEqual(current.map(({ event }) => positionOf(event)));
  expect(current.map(({ event }) => event)).toEqual(isTrimmed ? kept.slice(kept.length - current.length) : kept);
  if (current.length > 0 || !isTrimmed) expect(current.at(-1)?.event).toEqual(last);
  const numbers = kept.map(({ sequence }) => Number(sequence));
  expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] ?? 0) + at));
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
