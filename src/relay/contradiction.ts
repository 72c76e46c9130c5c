import { IntegrityError } from '../errors.ts';
import { formatPosition, type Position } from '../event.ts';
import type { EventStream } from '../stream.ts';
import type { FenceRow, OutboxSlice } from '../target.ts';

const hint = 'Find out what happened to Redis or to the database, then run "cronsync outbox rebase".';

/**
 * Throws if the stream knows more than the database. An alarm stops the relay and skips nothing: a contradiction cannot be
 * fixed by a guess. The fence must be read after the stream: otherwise it would not include events that were committed and
 * relayed in between.
 */
export function refuseContradiction(last: Position, fence: Pick<FenceRow, 'generation' | 'nextSeq'>): void {
  if (last.generation > fence.generation) throw generationAhead(last, fence.generation);
  if (last.generation === fence.generation && last.seq >= fence.nextSeq) {
    throw new IntegrityError(
      `STREAMAHEAD: the stream has event ${formatPosition(last)}, and the last event of the database is ` +
        `${fence.nextSeq - 1}: the database was restored from a backup. Nothing was written`,
      { hint },
    );
  }
}

/** Throws if the newest entry of the stream is another event in the outbox, as long as the outbox keeps it: `kept` starts there. */
export async function refuseDivergence(
  last: Position,
  kept: OutboxSlice,
  { stream }: { readonly stream: EventStream },
): Promise<void> {
  if (kept.events.length === 0 || kept.firstSeq !== last.seq) return;
  const top = await stream.read(last);
  if (top === null || top === kept.events[0]) return;
  throw new IntegrityError(
    `STREAMDIVERGED: the event ${formatPosition(last)} on the stream differs from the one in the outbox. Nothing was appended`,
    { hint },
  );
}

/** The stream is of a later generation than the database: something else than our relay wrote to it. */
export function generationAhead(last: Position, generation: number): IntegrityError {
  return new IntegrityError(
    `GENAHEAD: the stream is at ${formatPosition(last)}, a later generation than the database's ${generation}: ` +
      'something else has written to it. Nothing was appended; the events stay in the outbox',
    { hint },
  );
}
