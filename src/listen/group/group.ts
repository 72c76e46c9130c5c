import { rewindOf } from '../../listener.ts';
import type { Route } from './route.ts';

/** What the daemon knows of a listener. */
export interface ListenerPlan {
  readonly name: string;
  readonly on: readonly string[];
  readonly ordering: 'key' | 'none';
  readonly shards: number;
  readonly concurrency: number;
  readonly attempts: number;
  readonly timeoutMs: number;
  readonly onDead: 'skip' | 'park';
}

/** A consumer group: a whole listener, or one of its shards. */
export interface Group extends Route {
  readonly group: string;
  readonly listener: ListenerPlan;
}

/**
 * In whose name a group delivers, for the key by which receivers recognise a repetition: what a rewind delivers again must not be
 * taken for one.
 */
export function deliveredAs({ group, listener }: Group): string {
  return rewindOf(group) === null ? listener.name : group;
}
