import type { Adapter, HttpClient, Mode } from '../adapter.ts';
import type { EventOptions } from '../batch.ts';
import type { ChangeCounts } from '../change.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { LeaseLostError } from '../errors.ts';
import type { Lease } from '../lock.ts';
import type { Log } from '../log.ts';
import type { BatchSize } from '../pass/batches.ts';
import type { Progress } from '../progress.ts';
import type { Relayer } from '../relay/relayer.ts';
import type { Target } from '../target.ts';
import type { SlotKeeper } from '../throttle.ts';
import type { Timings } from '../timings.ts';

/** The third party of a run: its adapter, and the way out to it. */
export interface Party {
  readonly name: string;
  readonly adapter: Adapter;
  /** A client for one page: every request of it takes a slot. */
  openHttp(way: WayOut): HttpClient;
}

/** What the way out must know of the run. */
export interface WayOut {
  /** What the page's pass asks for. */
  readonly mode: Mode;
  /** The target's own throttle; null in a dry run on a target that has none yet. */
  readonly guard: SlotKeeper | null;
  /** Asked just before a request is sent. */
  readonly mayStillSend: () => boolean;
  /** Permanent redirects that were answered before. */
  readonly moved: Readonly<Record<string, string>>;
  /** Failures in a row of this resource: the exponent of a back-off. */
  readonly failures: number;
  readonly onHit: () => void;
  readonly signal: AbortSignal;
}

/** What a run that holds the lock and the newest fence works with. */
export interface Session {
  readonly party: Party;
  readonly target: Target;
  readonly lease: Lease;
  readonly relayer: Relayer;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly progress: Progress;
  readonly timings: Timings;
  readonly batchSize: BatchSize;
  readonly now: () => number;
  readonly onHit: () => void;
  /** Told of each commit: what is written stays written, however the run ends. */
  readonly onCommitted: (counts: ChangeCounts) => void;
}

/** Fails when the lock is not surely ours any more: asked before every commit. */
export function assertTrusted({ lease, signal }: Pick<Session, 'lease' | 'signal'>): void {
  signal.throwIfAborted();
  if (lease.isTrusted()) return;
  throw new LeaseLostError(
    'this run can no longer trust that it holds the lock; what it had not committed was not written',
    {
      hint: 'the next run goes on from the last commit',
    },
  );
}

/** How the events of a pass are told. */
export function eventOptions(
  checkpoint: Checkpoint,
  { source, onRemap }: { readonly source: string; readonly onRemap: 'emit' | 'silent' },
): EventOptions {
  if (!checkpoint.isRemap) return { source, silent: false };
  return { source, cause: 'remap', silent: onRemap === 'silent' };
}
