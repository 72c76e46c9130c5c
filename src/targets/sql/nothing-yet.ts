import type { Found } from '../../batch.ts';
import type { Position } from '../../event.ts';
import { EventLines } from '../../event-lines.ts';
import type { LiveIds, OutboxLines } from '../../target.ts';

// What the questions of a reader are answered with where nothing of ours is there yet.

export const noFound: Found = { entry: null, row: null, isRowDeleted: false };

export const noLiveIds: LiveIds = { ids: [], missed: [] };

export function emptyOutbox({ generation, seq }: Position): OutboxLines {
  return { generation, firstSeq: seq + 1, lines: EventLines.none };
}
