import type { Mode } from '../adapter.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { ConfigError } from '../errors.ts';
import { atHome } from '../match/home.ts';
import type { RunContext, ThirdParty } from '../run/context.ts';
import type { TargetReader } from '../target.ts';
import type { Resource } from './resource.ts';
import { startPass, withLive } from './transitions.ts';

interface Beginning extends Pick<RunContext, 'now'> {
  readonly target: TargetReader;
  readonly thirdParty: ThirdParty;
}

/** The checkpoint of a new pass in this mode. A run and a dry run call this one function. */
export async function beginPass(
  before: Checkpoint | null,
  resource: Resource,
  mode: Mode,
  { target, thirdParty, now }: Beginning,
): Promise<Checkpoint> {
  const isFirst = !(await hasRecords(resource, target));
  const started = startPass(before, resource.shape, mode, now());
  const live = await target.countLive(resource.table.resource);
  const counted = withLive(started, before, live, resource.guard);
  return atHome(counted, thirdParty.name, isFirst, resource.rekey !== undefined);
}

/** Throws if the adapter cannot read the resource in this mode: before a hit is made. */
export function demandMode(mode: Mode, { table: { resource } }: Resource, { name, adapter }: ThirdParty): void {
  if (adapter.modes(resource).includes(mode)) return;
  throw new ConfigError(`the adapter ${name} cannot read ${mode} of ${resource}; no hit was made`, {
    hint: 'Leave out "mode" and "fullEvery": then every pass reads everything.',
  });
}

/** Whether the resource has ever had a record: ids start at 1, and a deleted record keeps its id. */
async function hasRecords({ table }: Resource, target: TargetReader): Promise<boolean> {
  return (await target.rowsOf(table, [1])).length > 0;
}
