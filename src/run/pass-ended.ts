import type { Checkpoint, PassProgress } from '../checkpoint.ts';
import { RejectsError } from '../errors.ts';
import type { Swept } from '../pass/end-snapshot.ts';
import type { Served, Work } from '../pass/pass.ts';
import { isBackingOff } from '../pass/resource.ts';
import { isDue, isSnapshot } from '../pass/transitions.ts';
import type { Session } from './context.ts';
import type { Tally } from './report.ts';

/** Tells how a pass ended: what was deleted, held, rejected, and what it leaves for a later one. */
export async function tellEnd(
  { resource, checkpoint }: Work,
  { swept }: Served,
  session: Session,
  tally: Tally,
): Promise<void> {
  const { resource: name } = resource.table;
  if (!swept || !checkpoint) return;
  if (swept.hasTooManyRejects) {
    tally.met(await rejectsError(name, checkpoint.progress, session));
  } else if (swept.verdict.delete === 'none') {
    tally.warn(`nothing of ${name} was deleted: ${swept.verdict.because}`);
  } else if (swept.verdict.delete === 'held') {
    tally.held(
      `deletions of ${name} are held back: ${swept.verdict.because}. Creates and updates were written; ` +
        '"cronsync run --allow-mass-delete" permits the deletions, once',
    );
  }
  if (!isSnapshot(checkpoint)) for (const warning of leftBehind(name, checkpoint, swept)) tally.warn(warning);
  if (swept.refused === 0) return;
  tally.warn(
    `the database refuses ${swept.refused} deletions of ${name}: see "cronsync rejects list"; the next pass tries again`,
  );
}

/** What a pass of changes leaves for a later one. */
function leftBehind(name: string, { progress }: Checkpoint, { hasTooManyRejects }: Swept): string[] {
  const { rejected, shifted } = progress;
  const moved = `the pages of ${name} moved while they were read: the next pass asks for the same changes again`;
  const stale =
    `${rejected} of the changed records of ${name} were rejected: ` +
    'what the rows hold stays until a pass reads everything; "cronsync rejects list" has the reasons';
  return [...(shifted ? [moved] : []), ...(rejected > 0 && !hasTooManyRejects ? [stale] : [])];
}

async function rejectsError(
  name: string,
  { rejected, records }: PassProgress,
  { target }: Session,
): Promise<RejectsError> {
  const [sample] = await target.rejects({ resource: name, limit: 1 });
  const because = sample ? `, such as ${sample.key ?? 'one without a key'} (${sample.reasons.join('; ')})` : '';
  return new RejectsError(
    `${rejected} of ${records} records of ${name} were rejected${because}. The others were written, nothing was deleted`,
    { hint: 'mend the map or the schema; "cronsync rejects list" has them all' },
  );
}

/** A back-off must not look like success: it repeats what started it. */
export function tellBackOff(work: Work, now: number, tally: Tally): void {
  const { resource, checkpoint } = work;
  if (!checkpoint?.backOff || !isBackingOff(work, now)) return;
  if (!isDue(checkpoint, resource.shape, resource.everyMs, now)) return;
  tally.backingOff(resource.table.resource, checkpoint.backOff, now);
}
