import { allDifferent } from '../batch.ts';
import type { Identified } from '../match/identify.ts';
import { planSteps } from '../pass/plan.ts';
import type { PassState } from '../pass/resource.ts';
import type { DryRunContext } from './context.ts';

/**
 * Puts into the spool what a run would write of a batch, and marks what the batch has brought as seen. Of two records with
 * one key the later counts: a change that it takes back leaves the spool. Returns how many records would stay as they are.
 */
export async function planBatch(
  batch: Identified,
  { resource, seen }: PassState,
  { isForgotten }: { readonly isForgotten: boolean },
  context: DryRunContext,
): Promise<number> {
  const { target, spool } = context;
  const { table } = resource;
  const { records, rejected, aliases } = batch;
  if (aliases) spool.remember(table.resource, aliases.known);
  const entries = records.map(({ key, hash }) => [key, hash] as const);
  const compared = isForgotten ? allDifferent(entries) : await target.compare(table, entries);
  seen.addAll(compared.unchanged);
  const different = compared.different.flatMap((at) => records[at] ?? []);
  const found = await target.find(table, different);
  for (const { entry } of found) if (entry && !entry.deleted) seen.add(entry.id);
  const rejectedKeys = rejected.flatMap(({ key }) => key ?? []);
  seen.addAll(await target.idsOf(table.resource, rejectedKeys));

  const changes = planSteps(different, found).flatMap(({ change }) => (typeof change === 'string' ? [] : [change]));
  const changing = new Set(changes.map(({ key }) => key));
  const unchanged = records.map(({ key }) => key).filter((key) => !changing.has(key));
  spool.drop(table.resource, unchanged);
  spool.put(table.resource, changes);
  return records.length - changes.length;
}
