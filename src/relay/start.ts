import { comparePositions, type Position } from '../event.ts';
import type { Log } from '../log.ts';
import type { EventStream, StreamState } from '../stream.ts';
import type { Target, TargetReader } from '../target.ts';
import { refuseContradiction, refuseDivergence } from './contradiction.ts';
import { streamCursors } from './groups.ts';

export interface RelayDeps {
  readonly stream: EventStream;
  readonly target: TargetReader & Pick<Target, 'saveGroups'>;
  readonly log: Log;
}

export interface RelayOptions {
  readonly name: string;
  /** How many entries may wait on the stream. Without any group: how many of the newest are kept. */
  readonly maxStream: number;
  /** Groups that must exist before anything is trimmed. */
  readonly groups: readonly string[];
}

/** What is known of the stream. It may be outdated: then Redis answers with a gap, or counts duplicates. */
export interface StreamAt {
  readonly last: Position;
  readonly length: number;
  readonly hasGroups: boolean;
}

/** Where the relay starts. */
export interface RelayStart {
  readonly at: StreamAt;
  /** The outbox is read after this position. */
  readonly from: Position;
}

/** What is known of the stream, if it still ends there; null if it does not, for example because Redis came back empty. */
export async function confirmed(known: StreamAt, stream: EventStream): Promise<StreamAt | null> {
  const { last, length } = await stream.state();
  return comparePositions(last, known.last) === 0 ? { ...known, length } : null;
}

/** Reads where to start. Throws if stream and database contradict each other. Null: this sync has never run on this target. */
export async function readStart(options: RelayOptions, { stream, target }: RelayDeps): Promise<RelayStart | null> {
  const state = await stream.state();
  const { last } = state;
  const [fence, kept] = await target.atOnce(async (ask) => {
    const row = await ask.fence();
    const isKnown = last.seq > 0 && last.generation === row?.generation;
    return [row, isKnown ? await ask.outbox({ ...last, seq: last.seq - 1 }, 1) : null] as const;
  });
  if (fence === null) return null;
  refuseContradiction(last, fence);
  if (kept) await refuseDivergence(last, kept, { stream });
  const hasGroups = state.groups.length > 0 || options.groups.length > 0;
  const at = { last, length: state.length, hasGroups };
  return { at, from: await startAfter(state, hasGroups, fence, options, target) };
}

/** The stream's last position; if the stream is gone, the position after which its readers still need events. */
async function startAfter(
  { last }: StreamState,
  hasGroups: boolean,
  { generation, nextSeq }: { readonly generation: number; readonly nextSeq: number },
  { maxStream }: RelayOptions,
  target: TargetReader,
): Promise<Position> {
  if (last.generation === generation) return last;
  const beginning = { generation, seq: 0 };
  if (last.generation > 0) return beginning;
  const positions = streamCursors(await target.groups()).map(({ position }) => position);
  if (positions.length > 0) return lowest(positions, beginning);
  return hasGroups ? beginning : { generation, seq: Math.max(0, nextSeq - 1 - maxStream) };
}

function lowest(positions: readonly Position[], beginning: Position): Position {
  const first = positions.reduce((a, b) => (comparePositions(a, b) <= 0 ? a : b));
  return first.generation === beginning.generation ? first : beginning;
}
