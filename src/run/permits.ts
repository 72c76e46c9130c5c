import { UsageError } from '../errors.ts';
import { isMeant, isUnclear } from '../pass/held-names.ts';
import { notHeld, unclear, wordsOf } from '../pass/held-words.ts';
import type { Pass } from '../pass/pass.ts';
import type { HeldKind, HeldToken } from '../permit.ts';
import type { RunContext } from './context.ts';
import type { RunReport } from './report.ts';

/** A person permits what they have seen held back, of this resource where they saw which. */
export interface Permit extends HeldToken {
  readonly what: HeldKind;
  readonly resource?: string;
}

/**
 * Permits, once, what is held back. Throws `UsageError` where a permit is not for exactly what is held now:
 * what a person has looked at must be what is written.
 */
export async function applyPermits(
  passes: readonly Pass[],
  permits: readonly Permit[],
  run: Pick<RunContext, 'target'>,
  report: RunReport,
): Promise<void> {
  if (permits.length === 0) for (const pass of passes) report.warn(nothingHeld(pass));
  const meant = permits.map((permit) => {
    const [pass, other] = passes.filter((candidate) => isFor(permit, candidate));
    if (!pass) throw refusal(permit, passes);
    if (other) throw ambiguous(permit, pass, other);
    const name = pass.heldNames[permit.what];
    if (name && isUnclear(permit, name)) throw unclear(permit.what, nameOf(pass), name);
    return pass;
  });
  for (const [at, pass] of meant.entries()) await pass.permit(permits[at]?.what ?? 'deletes', run);
}

function isFor({ what, resource, ...token }: Permit, pass: Pass): boolean {
  const name = pass.heldNames[what];
  return name !== null && isMeant(token, name) && (resource ?? nameOf(pass)) === nameOf(pass);
}

function refusal(permit: Permit, passes: readonly Pass[]): UsageError {
  const held = passes.flatMap((pass) => {
    const name = pass.heldNames[permit.what];
    return name ? { resource: nameOf(pass), name } : [];
  });
  return notHeld(permit, held);
}

function ambiguous({ what, count }: Permit, one: Pass, other: Pass): UsageError {
  const { noun, done, flag } = wordsOf[what];
  return new UsageError(
    `${nameOf(one)} and ${nameOf(other)} both hold ${count} ${noun}s back; nothing was ${done}, no hit was made`,
    { hint: `Permit them one by one: "cronsync run --resource ${nameOf(one)} ${flag}=${count}".` },
  );
}

function nothingHeld(pass: Pass): string {
  return (
    `nothing of ${nameOf(pass)} is held back: --allow-mass-delete and --allow-mass-update permit only ` +
    'what a pass has held before'
  );
}

function nameOf({ resource: { table } }: Pass): string {
  return table.resource;
}
