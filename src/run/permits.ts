import { UsageError } from '../errors.ts';
import type { Pass } from '../pass/pass.ts';
import type { RunContext } from './context.ts';
import type { RunReport } from './report.ts';

/** A person permits as many deletions as they have seen held back, of this resource and pass where they saw which. */
export interface Permit {
  readonly count: number;
  readonly resource?: string;
  readonly pass?: number;
}

/**
 * Permits, once, the deletions that are held back. Throws `UsageError` where a permit is not for exactly what is held now:
 * what a person has looked at must be what is deleted.
 */
export async function applyPermits(
  passes: readonly Pass[],
  permits: readonly Permit[],
  run: Pick<RunContext, 'target'>,
  report: RunReport,
): Promise<void> {
  if (permits.length === 0) for (const pass of passes) report.warn(nothingHeld(pass));
  const meant = permits.map((permit) => {
    const pass = passes.find((candidate) => isFor(permit, candidate));
    if (!pass) throw refusal(permit, passes);
    return pass;
  });
  for (const pass of meant) await pass.permit(run);
}

function isFor({ count, resource, pass: number }: Permit, pass: Pass): boolean {
  const { held } = pass;
  if (held === null || held.count !== count) return false;
  return (resource ?? nameOf(pass)) === nameOf(pass) && (number ?? held.pass) === held.pass;
}

function refusal({ count }: Permit, passes: readonly Pass[]): UsageError {
  const held = passes.flatMap((pass) => (pass.held ? { name: nameOf(pass), ...pass.held } : []));
  const [first] = held;
  if (!first) return new UsageError('no deletions are held back; nothing was deleted, no hit was made');
  const list = held.map((each) => `${each.name} holds ${each.count} (pass ${each.pass})`).join('; ');
  return new UsageError(`${count} is not the number of deletions that are held back: ${list}; nothing was deleted`, {
    hint: `Look at them with "cronsync run --dry-run". "cronsync run --allow-mass-delete=${first.count}" permits them, once.`,
  });
}

function nothingHeld(pass: Pass): string {
  return `nothing of ${nameOf(pass)} is held back: --allow-mass-delete permits only what a pass has held before`;
}

function nameOf({ resource: { table } }: Pass): string {
  return table.resource;
}
