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
