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
  const { resource: name } = resource.table;
  const [hasRecords, live] = await target.atOnce((ask) => Promise.all([ask.hasRecords(name), ask.countLive(name)]));
  const started = startPass(before, resource.shape, mode, now());
  const counted = withLive(started, before, live, resource.guard);
  return atHome(counted, thirdParty.name, !hasRecords, resource.rekey !== undefined);
}

/** Throws if the adapter cannot read the resource in this mode: before a hit is made. */
export function demandMode(mode: Mode, { table: { resource } }: Resource, { name, adapter }: ThirdParty): void {
  if (adapter.modes(resource).includes(mode)) return;
  throw new ConfigError(`the adapter ${name} cannot read ${mode} of ${resource}; no hit was made`, {
    hint: 'Leave out "mode" and "fullEvery": then every pass reads everything.',
  });
}
