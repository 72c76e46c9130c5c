import { IntegrityError } from '../errors.ts';
import { formatPosition, type Position } from '../event.ts';
import type { EventStream } from '../stream.ts';
import type { FenceRow, TargetReader } from '../target.ts';

const hint = 'look at what happened to Redis or to the database, then run "cronsync outbox rebase"';

/**
 * Alarms stop, and never skip: what contradicts itself is not mended by guessing. The fence must have been read after the
 * stream: read before, it would not know of events that were committed and relayed in between.
 */
export function refuseContradiction(last: Position, fence: Pick<FenceRow, 'generation' | 'nextSeq'>): void {
  if (last.generation > fence.generation) throw generationAhead(last, fence.generation);
  if (last.generation === fence.generation && last.seq >= fence.nextSeq) {
    throw new IntegrityError(
      `STREAMAHEAD: the stream knows event ${formatPosition(last)}, and the database has only given out ` +
        `${fence.nextSeq - 1}: it was restored from a backup. Nothing was written`,
      { hint },
    );
  }
}

/** While the outbox keeps it, the stream's top entry must be the same event there. */
export async function refuseDivergence(
  last: Position,
  { stream, target }: { readonly stream: EventStream; readonly target: TargetReader },
): Promise<void> {
  if (last.seq === 0) return;
  const kept = await target.outbox({ generation: last.generation, seq: last.seq - 1 }, 1);
  if (kept.events.length === 0 || kept.firstSeq !== last.seq) return;
  const top = await stream.read(last);
  if (top === null || top === kept.events[0]) return;
  throw new IntegrityError(
    `STREAMDIVERGED: the event ${formatPosition(last)} is another one on the stream than in the outbox. Nothing was appended`,
    { hint },
  );
}

/** The stream is of a later generation than the database: no relay of ours has made it. */
export function generationAhead(last: Position, generation: number): IntegrityError {
  return new IntegrityError(
    `GENAHEAD: the stream is at ${formatPosition(last)}, a later generation than the database's ${generation}: ` +
      'something else has written to it. Nothing was appended; the events stay in the outbox',
    { hint },
  );
}
