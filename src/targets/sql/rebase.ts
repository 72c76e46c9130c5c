import { comparePositions, moveEvent, type Position } from '../../event.ts';
import { EventLines } from '../../event-lines.ts';

interface Kept {
  readonly generation: number;
  readonly firstSeq: number;
  readonly lines: EventLines;
}

/** What becomes of one outbox row in a rebase: the events up to `after` stay, the others get the same numbers in a new generation. */
export interface Rebased {
  /** The events that stay; null if there are none. */
  readonly passed: { readonly lastSeq: number; readonly lines: EventLines } | null;
  readonly moved: { readonly firstSeq: number; readonly lines: EventLines };
}

export function rebased({ lines, firstSeq, ...row }: Kept, name: string, generation: number, after: Position): Rebased {
  const all = lines.texts();
  const isPassed = (seq: number): boolean => comparePositions({ generation: row.generation, seq }, after) <= 0;
  const passed = all.filter((_event, n) => isPassed(firstSeq + n)).length;
  const from = firstSeq + passed;
  const moved = all.slice(passed).map((event, n) => moveEvent(event, name, { generation, seq: from + n }));
  return {
    passed: passed > 0 ? { lastSeq: from - 1, lines: lines.slice(0, passed) } : null,
    moved: { firstSeq: from, lines: EventLines.of(moved) },
  };
}
