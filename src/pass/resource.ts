import type { Keys } from '../adapter.ts';
import type { Checkpoint } from '../checkpoint.ts';
import type { Expectations } from '../expectations.ts';
import type { StoredPaths } from '../field-paths.ts';
import type { FieldWatch } from '../mapped-fields.ts';
import type { Prepare, Rekey, Values } from '../record.ts';
import type { ResourceTable } from '../table.ts';
import type { ChunkMemory, Remembering } from './chunks/chunk-memory.ts';
import type { Guard } from './guard.ts';
import type { HeldSet } from './held-set.ts';
import type { SeenSet } from './seen-set.ts';

/** One resource as a run works on it: what the config says, compiled. */
export interface Resource {
  readonly table: ResourceTable;
  readonly prepare: Prepare;
  /** Opens a watch over what the map finds in one page. */
  readonly watch?: () => FieldWatch;
  /** The columns whose expression reads a field path of the third party's records. */
  readonly readersOf?: (path: string) => readonly string[];
  /** Present where the table has `match`. Without it, the key that `prepare` gives is the key. */
  readonly rekey?: Rekey;
  /** The hash of mapped values, as `prepare` makes it. */
  readonly hash: (values: Values) => string;
  readonly shape: string;
  /** How chunks are remembered. Absent where a record may depend on more than that: then every record of every page is read. */
  readonly chunks?: Remembering;
  /** The resource is due when its last pass completed this long ago; 0: in every run. */
  readonly everyMs: number;
  /** Absent: each pass asks for everything. */
  readonly changes?: ChangesPlan;
  /** For an adapter that merges the parts of a record; `changes` has its own. */
  readonly keys?: Keys;
  /** The resource whose records have a list of these each. */
  readonly parent?: ResourceTable;
  readonly maxRejectRatio: number;
  readonly maxPages: number;
  readonly guard: Guard;
  /** What is normal; absent where anything is. */
  readonly expectations?: Expectations;
}

/** Passes that ask only for what changed. */
export interface ChangesPlan {
  /** After this long a pass asks for everything again. */
  readonly fullEveryMs: number;
  readonly keys: Keys;
}

/** A pass that is under way, as each of its steps sees it: in a run and in a dry run. */
export interface PassState<C extends Checkpoint = Checkpoint> {
  readonly resource: Resource;
  readonly checkpoint: C;
  /** Grows with every page. After a page that failed, it must be read again from the target. */
  readonly seen: SeenSet;
  /** What the guard holds back. */
  readonly held: HeldSet;
  /** The field paths of the third party's records. */
  readonly paths: StoredPaths;
  /** Grows with every page, like `seen`; absent or null where every record is read. */
  readonly chunks?: ChunkMemory | null;
}
