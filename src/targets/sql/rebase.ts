import { comparePositions, moveEvent, type Position } from '../../event.ts';

interface Kept {
  readonly generation: number;
  readonly firstSeq: number;
  readonly events: string;
}

/** What becomes of one outbox row in a rebase: the events up to `after` stay, the others get the same numbers in a new generation. */
export interface Rebased {
  /** The events that stay; null if there are none. */
  readonly passed: { readonly lastSeq: number; readonly events: string } | null;
  readonly moved: { readonly firstSeq: number; readonly count: number; readonly events: string };
}

export function rebased(
  { events, firstSeq, ...row }: Kept,
  name: string,
  generation: number,
  after: Position,
): Rebased {
  const all = events.split('\n');
  const isPassed = (seq: number): boolean => comparePositions({ generation: row.generation, seq }, after) <= 0;
  const passed = all.filter((_event, n) => isPassed(firstSeq + n));
  const from = firstSeq + passed.length;
  const moved = all.slice(passed.length).map((event, n) => moveEvent(event, name, { generation, seq: from + n }));
  return {
    passed: passed.length > 0 ? { lastSeq: from - 1, events: passed.join('\n') } : null,
    moved: { firstSeq: from, count: moved.length, events: moved.join('\n') },
  };
}
