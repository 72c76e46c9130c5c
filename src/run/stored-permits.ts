import { heldKinds } from '../pass/held-names.ts';
import { wordsOf } from '../pass/held-words.ts';
import type { Pass } from '../pass/pass.ts';
import { heldTokenOf, isPermitFor, type StoredPermit } from '../permit.ts';
import type { RunContext } from './context.ts';
import type { RunReport } from './report.ts';

/**
 * Uses what people have approved since the last run: each permit once, and for the very records that it names. It is removed
 * first, so that a run that is killed here uses it less often than once, never twice.
 */
export async function applyStoredPermits(
  passes: readonly Pass[],
  run: Pick<RunContext, 'target'>,
  report: RunReport,
): Promise<void> {
  const holding = passes.filter(({ heldNames }) => heldKinds.some((what) => heldNames[what] !== null));
  if (holding.length === 0) return;
  const permits = await run.target.permits();
  for (const pass of holding) {
    for (const permit of permits.filter(({ resource }) => resource === pass.resource.table.resource)) {
      await run.target.dropPermit(permit.resource, permit.what);
      const name = pass.heldNames[permit.what];
      if (name && isPermitFor(permit, name)) await pass.permit(permit.what, run);
      else report.warn(doesNotFit(permit, pass));
    }
  }
}

function doesNotFit({ what, resource, who, ...permit }: StoredPermit, pass: Pass): string {
  const { noun } = wordsOf[what];
  const name = pass.heldNames[what];
  const again = name?.digest === permit.digest ? ', which were not held in between' : '';
  const now = name ? `${heldTokenOf(name)} are held now${again}` : 'none are held now';
  return `${who} has approved ${heldTokenOf(permit)} ${noun}s of ${resource}, and ${now}: the approval is dropped`;
}
