import type { Checkpoint, PassProgress } from '../checkpoint.ts';
import type { Drift } from '../drift.ts';
import { IncompleteError, RejectsError } from '../errors.ts';
import { isBackingOff, isDue } from '../pass/due.ts';
import type { PassEnded } from '../pass/end/end-snapshot.ts';
import { textOfMany } from '../pass/guard.ts';
import type { Pass } from '../pass/pass.ts';
import { isSnapshot } from '../pass/transitions.ts';
import { heldTogether } from '../pass/updates.ts';
import { unmetExpectations, unmetSentence } from '../verdict/expectations.ts';
import { driftSentence, repairAdvice } from '../verify/sentences.ts';
import type { RunContext } from './context.ts';
import type { RunReport } from './report.ts';
import { schemaWarning } from './schema-warning.ts';

/** Reports how a pass ended: what was deleted, held and rejected, and what it leaves for a later pass. */
export async function reportEnd(pass: Pass, ended: PassEnded, run: RunContext, report: RunReport): Promise<void> {
  const { resource: name } = pass.resource.table;
  const { checkpoint } = pass;
  if (!checkpoint) return;
  if (ended.hasTooManyRejects) {
    report.met(await rejectsError(name, checkpoint.progress, run), name);
  } else if (ended.hasTooManyDuplicates) {
    report.met(duplicatesError(name, checkpoint.progress), name);
  } else if (ended.isIncomplete) {
    report.met(incompleteError(name, checkpoint.progress), name);
  } else if (ended.verdict.delete === 'none') {
    report.warn(`nothing of ${name} was deleted: ${ended.verdict.because}`);
  } else if (ended.verdict.delete === 'held') {
    report.held(
      `deletions of ${name} are held back: ${ended.verdict.because}. ${ended.heldUpdates ? 'Creates' : 'Creates and updates'} were written; ` +
        `"cronsync run --allow-mass-delete=${checkpoint.held?.count ?? 0}" permits the deletions, once`,
    );
  }
  for (const held of heldValues(name, ended)) report.held(held);
  const changed = schemaWarning(pass);
  if (changed !== null) report.warn(changed);
  const { expectations = {} } = pass.resource;
  for (const unmet of unmetExpectations(checkpoint, expectations, run.now())) report.warn(unmetSentence(name, unmet));
  if (!isSnapshot(checkpoint)) for (const warning of leftBehind(name, checkpoint, ended)) report.warn(warning);
  for (const refused of refusals(ended, name))
    report.warn(`the database refuses ${refused}: see "cronsync rejects list"; the next pass tries again`);
}

/** What is held of updates and of empty values. One number permits both. */
function heldValues(name: string, ended: PassEnded): string[] {
  const { heldEmptied, heldUpdates } = ended;
  const together = heldTogether(ended);
  const permit = together
    ? `"cronsync run --allow-mass-update=${together.count}" permits ${heldEmptied && heldUpdates ? 'both' : 'them'}, once`
    : 'the next pass holds them again, and then they may be permitted';
  const rows = `updates of ${name} are held back: ${heldUpdates?.because}. These rows keep their values, creates were written; ${permit}`;
  const fields = `values of ${name} are held back: ${heldEmptied?.because}. These fields keep their values, ${heldUpdates ? '' : 'everything else was written; '}${permit}`;
  return [...(heldUpdates ? [rows] : []), ...(heldEmptied ? [fields] : [])];
}

function refusals({ refused, refusedEmptied, refusedUpdates }: PassEnded, name: string): string[] {
  return [
    ...(refusedUpdates > 0 ? [`to update ${textOfMany(refusedUpdates, 'row')} of ${name}`] : []),
    ...(refusedEmptied > 0 ? [`to empty values in ${textOfMany(refusedEmptied, 'row')} of ${name}`] : []),
    ...(refused > 0 ? [`${refused} deletions of ${name}`] : []),
  ];
}

/** What a changes pass leaves for a later one. */
function leftBehind(name: string, { progress }: Checkpoint, { hasTooManyRejects }: PassEnded): string[] {
  const { rejected, shifted } = progress;
  const moved = `the pages of ${name} moved while they were read: the next pass asks for the same changes again`;
  const stale =
    `${rejected} of the changed records of ${name} were rejected: ` +
    'their rows keep the old values until a pass reads everything; "cronsync rejects list" has the reasons';
  return [...(shifted ? [moved] : []), ...(rejected > 0 && !hasTooManyRejects ? [stale] : [])];
}

async function rejectsError(
  name: string,
  { rejected, records }: PassProgress,
  { target }: RunContext,
): Promise<RejectsError> {
  const [sample] = await target.rejects({ resource: name, limit: 1 });
  const because = sample ? `, such as ${sample.key ?? 'one without a key'} (${sample.reasons.join('; ')})` : '';
  return new RejectsError(
    `${rejected} of ${records} records of ${name} were rejected${because}. The others were written, nothing was deleted`,
    { hint: 'Fix the map or the schema; "cronsync rejects list" shows all rejected records.' },
  );
}

/** Reports rows that somebody else has changed, as far as the sample of this pass shows. */
export function reportDrift({ resource: { table } }: Pass, drift: Drift | null, report: RunReport): void {
  if (drift) report.warn(`${driftSentence(table, drift)}. ${repairAdvice(table)}`);
}

function incompleteError(name: string, { records, total }: PassProgress): IncompleteError {
  return new IncompleteError(
    `${records} records of ${name} came, and the third party says that it has ${total}. They were written, nothing was deleted`,
    { hint: 'If the next passes do not bring all, ask the third party, or check "pagination" and "total".' },
  );
}

function duplicatesError(name: string, { duplicates, records }: PassProgress): RejectsError {
  return new RejectsError(
    `${duplicates} of ${records} records of ${name} have the key of another one. The first of each key was written, nothing was deleted`,
    { hint: 'Check "key" and its map: a key names one record. If such duplicates are normal, raise "rejects".' },
  );
}

/** Reports a back-off with the error that started it: it must not look like success. */
export function reportBackOff(pass: Pass, now: number, report: RunReport): void {
  const { resource, checkpoint } = pass;
  if (!checkpoint?.backOff || !isBackingOff(pass, now) || !isDue(pass, now)) return;
  report.backingOff(resource.table.resource, checkpoint.backOff, now);
}
