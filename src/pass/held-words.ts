import type { HeldName } from '../checkpoint.ts';
import { UsageError } from '../errors.ts';
import { type HeldKind, type HeldToken, heldTokenOf } from '../permit.ts';

/** How people call what is held, and what permits it. */
export const wordsOf = {
  deletes: { noun: 'deletion', done: 'deleted', flag: '--allow-mass-delete', approves: '--deletes' },
  updates: { noun: 'update', done: 'written', flag: '--allow-mass-update', approves: '--updates' },
} as const;

/** What somebody permits is not what is held. */
export function notHeld(
  { what, count, digest }: HeldToken & { readonly what: HeldKind },
  held: readonly { readonly resource: string; readonly name: HeldName }[],
): UsageError {
  const { noun, done, flag } = wordsOf[what];
  const [first] = held;
  if (!first) return new UsageError(`no ${noun}s are held back; nothing was ${done}, no hit was made`);
  const list = held
    .map(({ resource, name }) => `${resource} holds ${heldTokenOf(name)} (pass ${name.pass})`)
    .join('; ');
  const isOther = digest !== undefined && held.some(({ name }) => name.count === count);
  const why = isOther
    ? `${count}@${digest} is not what is held back, but other records are`
    : `${count} is not the number of ${noun}s that are held back`;
  return new UsageError(`${why}: ${list}; nothing was ${done}`, {
    hint: `Look at them with "cronsync run --dry-run". "cronsync run ${flag}=${heldTokenOf(first.name)}" permits them, once.`,
  });
}

/** The number alone may be meant for a set that was held before. */
export function unclear(what: HeldKind, resource: string, name: HeldName): UsageError {
  const { noun, done, flag, approves } = wordsOf[what];
  const token = heldTokenOf(name);
  return new UsageError(
    `${resource} has held ${name.count} ${noun}s before, of other records than now; nothing was ${done}, no hit was made`,
    {
      hint: `Look at them again. If they are right, name exactly them: "cronsync run ${flag}=${token}", or "cronsync approve --resource ${resource} ${approves} ${token}".`,
    },
  );
}
