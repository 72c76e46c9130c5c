import { ConfigError } from '../errors.ts';
import type { EventStream } from '../stream.ts';
import type { RedisTraces, Syncs } from '../syncs.ts';
import type { Target } from '../target.ts';

/** One sync of a database and a Redis, by its name. Its lock is held. */
export interface NamedSync {
  readonly name: string;
  readonly stream: Pick<EventStream, 'state'>;
  readonly traces: RedisTraces;
  readonly target: Pick<Target, 'fence' | 'saveGroups' | 'recordActivity'>;
}

/** The groups that a sync has, in Redis or in the database. */
export async function groupsOf({ name, stream }: NamedSync, syncs: Syncs): Promise<readonly string[]> {
  const stored = (await syncs.known(name))?.groups ?? [];
  const { groups } = await stream.state();
  return [...new Set([...stored, ...groups.map((group) => group.name)])];
}

/** Throws if a daemon reads one of these groups: it would make again what is removed. */
export async function refuseReaders({ name, traces }: NamedSync, groups: readonly string[]): Promise<void> {
  const [reader] = await traces.readers(groups);
  if (!reader) return;
  const [group, holder] = reader;
  throw new ConfigError(`a daemon (${holder}) reads the group ${group} of ${name}; nothing was changed`, {
    hint: 'Stop "cronsync listen" first. A daemon that was killed is forgotten after 30 s.',
  });
}
