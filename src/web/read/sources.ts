import type { DeadLetters } from '../../listener.ts';
import type { EventStream } from '../../stream.ts';
import type { ResourceTable } from '../../table.ts';
import type { TargetReader } from '../../target.ts';

/** What the page reads from. It keeps nothing that is not there. A store that is away makes the call throw. */
export interface Sources {
  /** The target, to read from. */
  database<T>(work: (reader: TargetReader) => Promise<T>): Promise<T>;
  readonly letters: Pick<DeadLetters, 'list' | 'get' | 'countByListener'>;
  readonly stream: Pick<EventStream, 'state'>;
  /** By resource, in the order of the config. */
  readonly tables: ReadonlyMap<string, ResourceTable>;
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
