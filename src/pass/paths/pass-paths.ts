import type { Checkpoint } from '../../checkpoint.ts';
import { type FieldPaths, noPaths, type StoredPaths } from '../../field-paths.ts';
import { compareShapes, learnPaths, sumPaths } from './known-paths.ts';

/** So many changes of a resource are kept. */
const changesKept = 20;

/** At the start of a pass. What is known of another shape, such as that of another third party, does not count. */
export function pathsAtStart(before: StoredPaths, { shape }: Pick<Checkpoint, 'shape'>): StoredPaths {
  return before.shape === shape ? { ...before, passing: null } : { ...noPaths(shape), changes: before.changes };
}

/** After a page of the pass. */
export function pathsAfterPage(before: StoredPaths, page: FieldPaths): StoredPaths {
  return { ...before, passing: sumPaths(before.passing, page) };
}

/** At the end of a pass that is complete; unchanged where it brought no record. `isWhole`: it has read everything. */
export function pathsAtEnd(
  before: StoredPaths,
  pass: { readonly isWhole: boolean; readonly at: number; readonly pass: number },
): StoredPaths {
  const { known, passing, changes } = before;
  if (passing === null || passing.records === 0) return { ...before, passing: null };
  if (known === null) return { ...before, known: passing, passing: null };
  const found = compareShapes(known, passing, pass);
  return {
    ...before,
    known: learnPaths(known, passing, pass),
    passing: null,
    changes: [...found, ...changes].slice(0, changesKept),
  };
}
