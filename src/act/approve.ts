import type { HeldName } from '../checkpoint.ts';
import { UsageError } from '../errors.ts';
import { heldKinds, isMeant, isUnclear, storedNames } from '../pass/held-names.ts';
import { notHeld, unclear, wordsOf } from '../pass/held-words.ts';
import type { HeldKind, HeldToken, StoredPermit } from '../permit.ts';
import type { Target, TargetReader } from '../target.ts';
import { type Noting, note } from './note.ts';

/** One held set, as a person sees it before they approve it. */
export interface HeldNow {
  readonly resource: string;
  readonly what: HeldKind;
  readonly name: HeldName;
}

/** What a person approves: of one resource, or of the only one that holds so many. */
export interface Approval extends HeldToken {
  readonly what: HeldKind;
  readonly resource?: string;
}

export interface Approving extends Noting {
  readonly target: Pick<Target, 'pass' | 'storePermit' | 'recordActivity'>;
  readonly now: () => number;
}

/** How long a run may use an approval. */
const permitMs = 86_400_000;

/** All that the guard holds back of these resources. */
export async function heldNow(
  resources: readonly string[],
  target: Pick<TargetReader, 'pass'>,
): Promise<readonly HeldNow[]> {
  const held: HeldNow[] = [];
  for (const resource of resources) {
    const stored = await target.pass(resource);
    const names = stored ? storedNames(stored) : null;
    for (const what of heldKinds) {
      const name = names?.[what];
      if (name) held.push({ resource, what, name });
    }
  }
  return held;
}

/**
 * Approves held sets without a run: the next run writes exactly these records, once, within 24 h. Throws `UsageError` where an
 * approval is not for exactly one set that is held now; then none is stored.
 */
export async function approve(
  approvals: readonly Approval[],
  resources: readonly string[],
  { target, now, ...noting }: Approving,
): Promise<readonly StoredPermit[]> {
  const held = await heldNow(resources, target);
  const at = now();
  const { who } = noting.actor;
  const permits = approvals.map((approval): StoredPermit => {
    const { resource, what, name } = meantBy(approval, held);
    const { pass, digest, count } = name;
    return { resource, what, pass, digest, count, who, at: new Date(at), until: new Date(at + permitMs) };
  });
  for (const permit of permits) {
    await target.storePermit(permit);
    const { resource, what, count, digest } = permit;
    await note({ ...noting, target }, 'approve', { resource, what, count, digest });
  }
  return permits;
}

function meantBy(approval: Approval, held: readonly HeldNow[]): HeldNow {
  const { what, resource } = approval;
  const candidates = held.filter((each) => each.what === what && (resource ?? each.resource) === each.resource);
  const [one, other] = candidates.filter(({ name }) => isMeant(approval, name));
  if (!one) throw notHeld(approval, candidates);
  if (other) throw ambiguous(approval, one, other);
  if (isUnclear(approval, one.name)) throw unclear(what, one.resource, one.name);
  return one;
}

function ambiguous({ what, count }: Approval, one: HeldNow, other: HeldNow): UsageError {
  const { noun, done, approves } = wordsOf[what];
  return new UsageError(`${one.resource} and ${other.resource} both hold ${count} ${noun}s back; nothing was ${done}`, {
    hint: `Approve them one by one: "cronsync approve --resource ${one.resource} ${approves} ${count}".`,
  });
}
