import type { Keys } from '../adapter.ts';
import type { Checkpoint } from '../checkpoint.ts';
import type { Prepare, Rekey } from '../record.ts';
import type { ResourceTable } from '../table.ts';
import type { Guard } from './guard.ts';
import { isAhead, isDue } from './transitions.ts';

/** One resource as a run works on it: what the config says, compiled. */
export interface Resource {
  readonly table: ResourceTable;
  readonly prepare: Prepare;
  /** There where the table has `match`. Absent: what `prepare` gives as the key is the key. */
  readonly rekey?: Rekey;
  readonly shape: string;
  /** Due when its last pass completed this long ago; 0: in every run. */
  readonly everyMs: number;
  /** Absent: each pass asks for everything. */
  readonly changes?: ChangesPlan;
  readonly maxRejectRatio: number;
  readonly maxPages: number;
  readonly guard: Guard;
}

/** Passes that ask only for what changed. */
export interface ChangesPlan {
  /** For so long at the most: then a pass asks for everything again. */
  readonly fullEveryMs: number;
  readonly keys: Keys;
}

/** A resource and where its pass stands. */
export interface Progressing {
  readonly resource: Resource;
  readonly checkpoint: Checkpoint | null;
}

/** The one to work on next: of those that are due or unfinished and not backing off, the one tried least recently. */
export function chooseResource<P extends Progressing>(candidates: readonly P[], now: number): P | undefined {
  return candidates
    .filter(({ resource, checkpoint }) => isDue(checkpoint, resource.shape, resource.everyMs, now))
    .filter((candidate) => !isBackingOff(candidate, now))
    .sort((a, b) => triedAt(a, now) - triedAt(b, now))[0];
}

/**
 * Whether an earlier failure keeps it away: another shape ends that, since it is another question. A host whose clock is
 * ahead of this one's keeps nobody away.
 */
export function isBackingOff(work: Progressing, now: number): boolean {
  const { resource, checkpoint } = work;
  if (!checkpoint?.backOff || checkpoint.shape !== resource.shape || isAhead(checkpoint.triedAt, now)) return false;
  return checkpoint.backOff.until > now;
}

function triedAt({ checkpoint }: Progressing, now: number): number {
  return checkpoint === null || isAhead(checkpoint.triedAt, now) ? 0 : checkpoint.triedAt;
}
