import { UsageError } from '../errors.ts';
import type { Pass } from '../pass/pass.ts';
import type { RunContext } from './context.ts';
import type { RunReport } from './report.ts';

/** A person permits as much as they have seen held back, of this resource and pass where they saw which. */
export interface Permit {
  readonly what: 'deletes' | 'updates';
  readonly count: number;
  readonly resource?: string;
  readonly pass?: number;
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
    return pass;
  });
  for (const [at, pass] of meant.entries()) await pass.permit(permits[at]?.what ?? 'deletes', run);
}

function isFor({ what, count, resource, pass: number }: Permit, pass: Pass): boolean {
  const held = heldOf(what, pass);
  if (held === null || held.count !== count) return false;
  return (resource ?? nameOf(pass)) === nameOf(pass) && (number ?? held.pass) === held.pass;
}

/** How people call what is held, and what permits it. */
export const wordsOf = {
  deletes: { noun: 'deletion', done: 'deleted', flag: '--allow-mass-delete' },
  updates: { noun: 'update', done: 'written', flag: '--allow-mass-update' },
} as const;

function refusal({ what, count }: Permit, passes: readonly Pass[]): UsageError {
  const { noun, done, flag } = wordsOf[what];
  const held = passes.flatMap((pass) => {
    const found = heldOf(what, pass);
    return found ? { name: nameOf(pass), count: found.count, pass: found.pass } : [];
  });
  const [first] = held;
  if (!first) return new UsageError(`no ${noun}s are held back; nothing was ${done}, no hit was made`);
  const list = held.map((each) => `${each.name} holds ${each.count} (pass ${each.pass})`).join('; ');
  return new UsageError(`${count} is not the number of ${noun}s that are held back: ${list}; nothing was ${done}`, {
    hint: `Look at them with "cronsync run --dry-run". "cronsync run ${flag}=${first.count}" permits them, once.`,
  });
}

function ambiguous({ what, count }: Permit, one: Pass, other: Pass): UsageError {
  const { noun, done, flag } = wordsOf[what];
  return new UsageError(
    `${nameOf(one)} and ${nameOf(other)} both hold ${count} ${noun}s back; nothing was ${done}, no hit was made`,
    { hint: `Permit them one by one: "cronsync run --resource ${nameOf(one)} ${flag}=${count}".` },
  );
}

function heldOf(what: Permit['what'], pass: Pass) {
  return what === 'deletes' ? pass.held : pass.heldUpdates;
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
