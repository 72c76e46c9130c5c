import type { Checkpoint } from '../../checkpoint.ts';
import { type FieldWatch, lostInPass, lostOnPage } from '../../mapped-fields.ts';
import { isSnapshot } from '../transitions.ts';

/**
 * Warns of each expression of the map that found nothing where it used to find something: in a page, or in the whole pass.
 * In the first pass of a shape nothing is known yet, so every expression that found nothing is named at its end.
 */
export function lostFields(watch: FieldWatch, before: Checkpoint, after: Checkpoint, resource: string): string[] {
  const page = watch.fields();
  const last = before.lastFields ?? null;
  const onPage = lostOnPage(page, last).map((column) => ({ column, records: page.records }));
  const inPass = lostAtEnd(watch, after).map((column) => ({ column, records: after.progress.records }));
  const lost = [...onPage, ...inPass.filter(({ column }) => !onPage.some((known) => known.column === column))];
  return lost.map(({ column, records }) => `of ${resource}, ${watch.describe(column, records)}`);
}

function lostAtEnd(watch: FieldWatch, checkpoint: Checkpoint): readonly string[] {
  const { progress, lastFields = null, isRemap, phase } = checkpoint;
  const isWhole = isSnapshot(checkpoint) && phase === 'deleting' && progress.records > 0;
  if (!isWhole || !progress.fields) return [];
  const { found, missing } = watch.fields();
  return lostInPass([...found, ...missing], progress.fields, isRemap ? null : lastFields);
}
