import type { DeadLetters } from '../../listener.ts';
import type { TargetReader } from '../../target.ts';
import type { Facts } from '../../verdict/facts.ts';
import type { HeldSample } from './held-sample.ts';
import type { ResourceInfo } from './resource-info.ts';
import type { Snapshot } from './snapshots.ts';

/** What the page reads from. It keeps nothing that is not there. A store that is away makes the call throw. */
export interface Sources {
  /** The target, to read from. */
  database<T>(work: (reader: TargetReader) => Promise<T>): Promise<T>;
  readonly letters: Pick<DeadLetters, 'list' | 'get' | 'countByListener'>;
  /** What each store says, each asked on its own. Never throws because a store is away. */
  facts(): Promise<Facts>;
  /** The same, or what was known last where no store answers. */
  snapshot(): Promise<Snapshot>;
  /** Somebody has acted: what was asked before that is not shown again. */
  forget(): void;
  /** What `cronsync status --json` prints of these facts. */
  statusOf(facts: Facts): unknown;
  /** The metrics of the sync, as Prometheus reads them. */
  metricsOf(facts: Facts): string;
  /** By resource, how much is used of what the guard allows: 1 is all of it. */
  guardUsed(facts: Facts): Readonly<Record<string, number>>;
  /** What the guard holds back of a resource. */
  held(resource: string): Promise<readonly HeldSample[]>;
  /** By name, in the order of the config. */
  readonly resources: ReadonlyMap<string, ResourceInfo>;
  /** By name, in the order of the config. */
  readonly listeners: ReadonlyMap<string, ListenerFacts>;
  /** Where the config is, and all of it with its defaults. */
  readonly config: { readonly path: string; readonly effective: unknown };
}

/** What the config says of a listener. */
export interface ListenerFacts {
  readonly type: string;
  /** Which events it gets. */
  readonly on: readonly string[];
  /** Its consumer groups. */
  readonly groups: readonly string[];
}
