import type { Checkpoint } from '../checkpoint.ts';
import type { Drift, KnownRow, StoredDrift } from '../drift.ts';
import { isOfShape, rowComparison } from '../pass/page/compare-row.ts';
import type { Resource } from '../pass/resource.ts';
import type { Target, TargetReader } from '../target.ts';
import { Findings } from './findings.ts';

/** How many known rows are looked up by key at the end of each pass. */
const sampleSize = 100;

/** A resource, and where its pass stands. */
interface Sampled {
  readonly resource: Resource;
  readonly checkpoint: Checkpoint | null;
}

/**
 * Looks up some rows at the end of a pass: a truncated table is found at once, and small damage within some passes.
 *
 * 1. Take the rows after those of the last sample, from the first row on once the last one is reached, and those that
 *    differed before.
 * 2. Compare them. If none differs, an earlier drift is gone.
 * 3. Keep what was found, for `status`, and where the next sample starts.
 *
 * Returns what is found and not being repaired.
 */
export async function checkSample(
  { resource, checkpoint }: Sampled,
  { target, now }: { readonly target: Target; readonly now: () => number },
): Promise<Drift | null> {
  const { resource: name } = resource.table;
  const { stored, next } = await target.atOnce(async (ask) => {
    const before = await ask.drift(name);
    const { drift, checkedTo } = await lookAtSample({ resource, checkpoint }, before, ask, now());
    return { stored: before, next: { checkedTo, found: drift } satisfies StoredDrift };
  });
  if (JSON.stringify(next) !== JSON.stringify(stored)) await target.saveDrift(name, next);
  return next.found;
}

/** The same without keeping it. */
export async function lookAtSample(
  { resource, checkpoint }: Sampled,
  { checkedTo, found }: StoredDrift,
  target: Pick<TargetReader, 'known'>,
  at: number,
): Promise<{ readonly drift: Drift | null; readonly checkedTo: number }> {
  const { table } = resource;
  const compare = rowComparison(resource, isOfShape(checkpoint, resource));
  const rest = await target.known(table, { after: checkedTo, limit: sampleSize });
  const lacking = checkedTo > 0 ? sampleSize - rest.length : 0;
  const again = lacking > 0 ? await target.known(table, { after: 0, limit: lacking }) : [];
  const standing = found ? await target.known(table, { ids: found.rows.map(({ id }) => id) }) : [];

  const findings = new Findings();
  for (const row of withoutTwins([...rest, ...again, ...standing])) findings.add(compare(row));
  const fresh = findings.drift(found?.at ?? at, false);
  const last = rest.length < sampleSize ? again.at(-1)?.id : rest.at(-1)?.id;
  return { drift: fresh && found ? larger(found, fresh) : fresh, checkedTo: last ?? 0 };
}

function withoutTwins(rows: readonly KnownRow[]): Iterable<KnownRow> {
  return new Map(rows.map((row) => [row.id, row])).values();
}

/** A drift that was found in more rows says more, as long as some row still differs. */
function larger(found: Drift, fresh: Drift): Drift {
  return found.compared > fresh.compared ? { ...found, isBeingRepaired: false } : fresh;
}
