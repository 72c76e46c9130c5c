import type { Log } from '../log.ts';
import type { Progress } from '../progress.ts';
import type { ThirdParty } from '../run/context.ts';
import type { Spool } from '../spool.ts';
import type { TargetReader } from '../target.ts';
import type { SlotKeeper } from '../throttle.ts';

/** What a dry run works with. It has no target to write to: its plan goes into the spool. */
export interface DryRunContext {
  readonly target: TargetReader;
  /** The target's own throttle; null if the target has none yet. */
  readonly targetSlots: SlotKeeper | null;
  readonly thirdParty: ThirdParty;
  readonly spool: Spool;
  readonly log: Log;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly now: () => number;
}
