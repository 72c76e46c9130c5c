import { setTimeout as sleep } from 'node:timers/promises';
import { crashPoint } from '../crash.ts';
import { messageOf, UnreachableError } from '../errors.ts';
import { beforeEverything, comparePositions, type Position } from '../event.ts';
import type { Log } from '../log.ts';
import type { EventStream, Sequenced, StreamState } from '../stream.ts';
import type { OutboxSlice, TargetReader } from '../target.ts';
import { generationAhead, refuseContradiction, refuseDivergence } from './contradiction.ts';

export interface RelayDeps {
  readonly stream: EventStream;
  readonly target: TargetReader;
  readonly log: Log;
}

export interface RelayOptions {
  readonly name: string;
  /** Entries that may wait on the stream; without any group, how many of the newest are kept. */
  readonly maxStream: number;
  /** Groups that must exist before anything is trimmed. */
  readonly groups: readonly string[];
}

export interface Relayed {
  readonly appended: number;
  /** Where the stream stands: where the next call may go on without asking. */
  readonly at: StreamAt | null;
  /** `paused`: as many entries wait as `maxStream` allows, and the outbox holds the rest. */
  readonly outcome: 'caught-up' | 'paused';
}

/** What the last call knew of the stream. It may be outdated: then Redis answers with a gap, or counts duplicates. */
export interface StreamAt {
  readonly last: Position;
  readonly length: number;
  readonly hasGroups: boolean;
}

const eventsPerSlice = 4000;
const eventsPerCall = 1000;
const bytesPerCall = 4_000_000;
/** No group, no limit: what is too many is trimmed after it was appended. */
const noLimit = Number.MAX_SAFE_INTEGER;

/**
 * Moves events from the outbox to the stream, exactly once, whoever else does the same at the same time.
 *
 * 1. Read where the stream stands, and stop if stream and database contradict each other.
 * 2. Read the events after that from the outbox; where the stream is gone, from the lowest cursor of a group.
 * 3. Append them under their own positions, two calls in flight. A gap (Redis lost its tail): begin again at 1.
 * 4. Trim, where too many wait; stop while as many wait as may.
 */
export async function relay(
  options: RelayOptions,
  deps: RelayDeps,
  signal: AbortSignal,
  known: StreamAt | null = null,
): Promise<Relayed> {
  let appended = 0;
  let at = known;
  for (;;) {
    signal.throwIfAborted();
    const start = at ? { at, from: at.last } : await lookAtStream(options, deps);
    if (start === null) return { appended, at: null, outcome: 'caught-up' };
    const moved = await relayFrom(start, options, deps, signal);
    appended += moved.appended;
    if (moved.outcome !== 'gap') return { appended, at: moved.at, outcome: moved.outcome };
    deps.log.warn('Redis lost the end of the stream; it is filled again from the outbox');
    at = null;
  }
}

/**
 * Keeps relaying until the outbox is empty or the stream is full. Gives Redis some time where it refuses to write, and
 * then throws its refusal: the events stay in the outbox.
 */
export async function relayPatiently(
  options: RelayOptions,
  deps: RelayDeps,
  signal: AbortSignal,
  patienceMs: number,
): Promise<Relayed> {
  const pauseMs = Math.min(500, patienceMs / 10);
  const lastTry = performance.now() + patienceMs - pauseMs;
  for (;;) {
    try {
      return await relay(options, deps, signal);
    } catch (error) {
      if (!(error instanceof UnreachableError) || performance.now() >= lastTry) throw error;
      deps.log.debug(`the relay tries again: ${messageOf(error)}`);
      await sleep(pauseMs, undefined, { signal });
    }
  }
}

interface RelayStart {
  readonly at: StreamAt;
  /** After which position the outbox is read. */
  readonly from: Position;
}

/** Null: this sync has never run on this target, so that there is nothing to relay. */
async function lookAtStream(options: RelayOptions, { stream, target }: RelayDeps): Promise<RelayStart | null> {
  const state = await stream.state();
  const fence = await target.fence();
  if (fence === null) return null;
  refuseContradiction(state.last, fence);
  if (state.last.generation === fence.generation) await refuseDivergence(state.last, { stream, target });
  const hasGroups = state.groups.length > 0 || options.groups.length > 0;
  const at = { last: state.last, length: state.length, hasGroups };
  return { at, from: await startOf(state, fence, options, target) };
}

async function relayFrom({ at, from }: RelayStart, options: RelayOptions, deps: RelayDeps, signal: AbortSignal) {
  const { stream, target } = deps;
  const { hasGroups } = at;
  let { last, length } = at;
  let after = from;
  let appended = 0;
  for (;;) {
    signal.throwIfAborted();
    const room = hasGroups ? await roomFor(length, options, stream) : noLimit;
    const slice = room > 0 ? await target.outbox(after, Math.min(eventsPerSlice, room)) : nothing;
    if (slice.events.length === 0) break;
    const sent = await appendSlice(slice, last, room, deps);
    appended += sent.appended;
    if (sent.outcome === 'gap') return { appended, at: null, outcome: 'gap' as const };
    ({ last, length } = sent);
    after = last;
    if (!hasGroups && length > options.maxStream * 1.2) ({ length } = await trimmed(options, stream, length));
  }
  const isFull = hasGroups && length >= options.maxStream && (await isBehind(after, target));
  if (!hasGroups && length > options.maxStream) ({ length } = await trimmed(options, stream, length));
  return { appended, at: { last, length, hasGroups }, outcome: isFull ? ('paused' as const) : ('caught-up' as const) };
}

const nothing: OutboxSlice = { generation: 0, firstSeq: 0, events: [] };

async function isBehind(after: Position, target: TargetReader): Promise<boolean> {
  const fence = await target.fence();
  return fence !== null && after.seq + 1 < fence.nextSeq;
}

/** After which position the outbox is read: the stream's last, or, where it is gone, what its readers still need. */
async function startOf(
  { last, groups }: StreamState,
  fence: { readonly generation: number; readonly nextSeq: number },
  options: RelayOptions,
  target: TargetReader,
): Promise<Position> {
  const { generation } = fence;
  if (last.generation === generation) return last;
  const beginning = { generation, seq: 0 };
  if (last.generation > 0) return beginning;
  const cursors = await target.groups();
  if (cursors.length > 0)
    return lowest(
      cursors.map(({ position }) => position),
      beginning,
    );
  if (groups.length > 0 || options.groups.length > 0) return beginning;
  return { generation, seq: Math.max(0, fence.nextSeq - 1 - options.maxStream) };
}

function lowest(positions: readonly Position[], beginning: Position): Position {
  const first = positions.reduce((a, b) => (comparePositions(a, b) <= 0 ? a : b));
  return first.generation === beginning.generation ? first : beginning;
}

async function roomFor(length: number, options: RelayOptions, stream: EventStream): Promise<number> {
  if (length < options.maxStream) return options.maxStream - length;
  return options.maxStream - (await trimmed(options, stream, length)).length;
}

async function trimmed(options: RelayOptions, stream: EventStream, length: number): Promise<{ length: number }> {
  const answer = await stream.trim(options.groups, options.maxStream);
  return answer.outcome === 'trimmed' ? answer : { length };
}

type Sent = { appended: number; outcome: 'done' | 'gap'; last: Position; length: number };

async function appendSlice(slice: OutboxSlice, onStream: Position, room: number, deps: RelayDeps): Promise<Sent> {
  const { stream } = deps;
  const { generation } = slice;
  let sent: Sent = { appended: 0, outcome: 'done', last: onStream, length: 0 };
  let after = onStream;
  let left = room;
  const inFlight: Promise<Sent>[] = [];
  for (const events of callsOf(slice)) {
    if (left <= 0) break;
    const call = append(stream, after, generation, events, left);
    call.catch(() => {}); // It is awaited below, unless an earlier one failed: then that error is the one to tell.
    inFlight.push(call);
    after = { generation, seq: events.at(-1)?.seq ?? after.seq };
    left -= events.length;
    if (inFlight.length < 2) continue;
    sent = add(sent, await inFlight.shift());
    if (sent.outcome === 'gap') break;
  }
  for (const rest of inFlight) sent = add(sent, await rest);
  return sent;
}

async function append(
  stream: EventStream,
  after: Position,
  generation: number,
  events: readonly Sequenced[],
  room: number,
): Promise<Sent> {
  const answer = await stream.append(after, generation, events, room);
  crashPoint('after-append');
  if (answer.outcome === 'gap') return { appended: 0, outcome: 'gap', last: beforeEverything, length: 0 };
  if (answer.outcome === 'generation-ahead') throw generationAhead(answer.last, generation);
  return { appended: answer.appended, outcome: 'done', last: answer.last, length: answer.length };
}

function add(sent: Sent, next: Sent | undefined): Sent {
  if (!next) return sent;
  if (next.outcome === 'gap' || sent.outcome === 'gap') return { ...sent, outcome: 'gap' };
  return { ...next, appended: sent.appended + next.appended };
}

/** Cuts a slice into calls of at most a thousand events and about 4 MB. */
function* callsOf({ firstSeq, events }: OutboxSlice): Generator<Sequenced[]> {
  let call: Sequenced[] = [];
  let bytes = 0;
  for (const [at, event] of events.entries()) {
    call.push({ seq: firstSeq + at, event });
    bytes += event.length;
    if (call.length < eventsPerCall && bytes < bytesPerCall) continue;
    yield call;
    call = [];
    bytes = 0;
  }
  if (call.length > 0) yield call;
}
