import type { Checkpoint, LostColumn } from '../../checkpoint.ts';
import { missesRecords } from '../../expectations.ts';
import type { Resource } from '../resource.ts';

type LastSnapshot = Pick<Checkpoint, 'lastCount' | 'countUnmetSince' | 'lastFields' | 'lostFields'>;

/** What is remembered of a snapshot that is complete. Pure: the pass that is over, its resource, and when it ended. */
export function lastSnapshot(
  checkpoint: Checkpoint,
  resource: Pick<Resource, 'table' | 'expectations'>,
  now: number,
): LastSnapshot {
  return {
    lastCount: checkpoint.progress.records,
    countUnmetSince: countUnmetSince(checkpoint, resource, now),
    lastFields: checkpoint.progress.fields ?? checkpoint.lastFields ?? null,
    lostFields: lostFields(checkpoint, resource, now),
  };
}

/** Since when snapshots have brought too few or too many records; null if this one has not. */
function countUnmetSince(
  { progress, countUnmetSince: before }: Checkpoint,
  { expectations }: Pick<Resource, 'expectations'>,
  now: number,
): number | null {
  const { records: expected } = expectations ?? {};
  return expected && missesRecords(progress.records, expected) ? (before ?? now) : null;
}

/** The columns that this pass has not filled, and that one of the same shape has. A column stays lost until a pass fills it. */
function lostFields(
  { progress, lastFields = null, lostFields: lost = [], isRemap }: Checkpoint,
  { table }: Pick<Resource, 'table'>,
  now: number,
): readonly LostColumn[] {
  const { records, fields } = progress;
  if (records === 0 || !fields) return lost;
  const known = isRemap ? [] : (lastFields?.ever ?? []);
  return table.mapped.flatMap(({ name: column }) => {
    if (table.key.includes(column) || fields.ever.includes(column)) return [];
    const before = lost.find((one) => one.column === column);
    return before || known.includes(column) ? [{ column, at: before?.at ?? now, records }] : [];
  });
}
