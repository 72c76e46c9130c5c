import type { Checkpoint } from '../../checkpoint.ts';
import type { DriftedRow, KnownRow } from '../../drift.ts';
import { differingFields, digestFields } from '../../field-digests.ts';
import type { Resource } from '../resource.ts';

/** `unknown`: there is nothing to compare the row with, until the next pass has written it. */
export type Compared = 'same' | 'unknown' | DriftedRow;

/**
 * Makes the comparison of a resource's rows with what is known of them. A row is right where its fields read as the database
 * kept them when cronsync wrote the row. Release 0.1.0 kept only a hash of what the third party brought: it counts while
 * `isSameShape`, and where the database keeps rows as they are written. Pure.
 */
export function rowComparison(
  { table: { mapped }, hash }: Pick<Resource, 'table' | 'hash'>,
  isSameShape: boolean,
): (known: KnownRow) => Compared {
  const digest = digestFields(mapped);
  return (known) => {
    const { row, fields, isMarked, mayBeRewritten } = known;
    if (known.hash === '') return 'unknown';
    if (row === null) return drifted(known, 'missing');
    if (isMarked) return drifted(known, 'marked');
    if (fields === null) {
      if (!isSameShape) return 'unknown';
      if (hash(row) === known.hash) return 'same';
      return mayBeRewritten ? 'unknown' : drifted(known, 'changed');
    }
    const differing = differingFields(fields, digest(row));
    if (differing === null) return 'unknown';
    if (differing.length === 0) return 'same';
    return drifted(
      known,
      'changed',
      differing.flatMap((at) => mapped[at]?.name ?? []),
    );
  };
}

/** Whether what a hash is of are the columns that are mapped now. */
export function isOfShape(checkpoint: Checkpoint | null, { shape }: Pick<Resource, 'shape'>): boolean {
  return checkpoint?.shape === shape && !checkpoint.isRemap;
}

function drifted({ id, key }: KnownRow, is: DriftedRow['is'], fields: readonly string[] | null = null): DriftedRow {
  return { id, key, is, fields };
}
