import type { HeldName } from '../../checkpoint.ts';
import { heldTokenOf, isPermitFor } from '../../permit.ts';
import type { DatabaseFacts, Facts, PermitFacts, ResourceFacts } from '../facts.ts';
import type { Problem, ProblemId } from '../problem.ts';
import { clauseOf, lasting, many } from '../words.ts';

interface Held {
  readonly id: ProblemId;
  readonly what: PermitFacts['what'];
  readonly noun: string;
  readonly count: number;
  readonly because: string;
  readonly at: number;
  readonly flag: string;
  /** What one permission names: updates and empty values are permitted together. */
  readonly permit: number;
  /** Null: an earlier release has stored it. */
  readonly name: HeldName | null;
}

/** What the guard holds back. */
export function heldProblems({ database, now }: Facts): Problem[] {
  if (database.is === 'unknown') return [];
  const { resources } = database.value;
  return resources.flatMap((resource) =>
    heldOf(resource).map((held) => problemOf(held, resource, database.value, now)),
  );
}

function heldOf({ checkpoint }: ResourceFacts): Held[] {
  const { held = null, heldEmptied = null, heldUpdates = null, heldNames } = checkpoint ?? {};
  const deletes = {
    what: 'deletes',
    flag: 'delete',
    permit: held?.count ?? 0,
    name: heldNames?.deletes ?? null,
  } as const;
  const updates = {
    what: 'updates',
    flag: 'update',
    permit: (heldUpdates?.count ?? 0) + (heldEmptied?.count ?? 0),
    name: heldNames?.updates ?? null,
  } as const;
  return [
    ...(held ? [{ id: 'deletions-held', noun: 'deletion', ...deletes, ...held } as const] : []),
    ...(heldUpdates ? [{ id: 'updates-held', noun: 'update', ...updates, ...heldUpdates } as const] : []),
    ...(heldEmptied ? [{ id: 'values-held', noun: 'empty value', ...updates, ...heldEmptied } as const] : []),
  ];
}

function problemOf(held: Held, { resource }: ResourceFacts, { permits }: DatabaseFacts, now: Date): Problem {
  const { id, what, noun, count, permit, name, because, at, flag } = held;
  const isPermitted = permits.some(
    (one) => one.resource === resource && one.what === what && name !== null && isPermitFor(one, name),
  );
  const [are, have] = count === 1 ? ['is', 'has'] : ['are', 'have'];
  return {
    id,
    severity: isPermitted ? 'watch' : 'act',
    resource,
    since: new Date(at),
    title: `${many(count, noun)} of ${resource} ${are} held back`,
    cause: `${many(count, noun)} of ${resource} ${have} been held back${lasting(at, now)}: ${clauseOf(because)}.`,
    guarantee: 'The rows keep what they have. Everything else was written.',
    advice: isPermitted
      ? 'A person has permitted them: the next run writes them.'
      : 'Look at them with "cronsync run --dry-run". If they are right, permit exactly them, once.',
    next: isPermitted ? 'cronsync run' : `cronsync run --allow-mass-${flag}=${name ? heldTokenOf(name) : permit}`,
  };
}
