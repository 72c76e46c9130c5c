import type { Adapter, HttpClient } from '../adapter.ts';
import type { EventOptions } from '../batch.ts';
import type { ChangeCounts } from '../change.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { LeaseLostError } from '../errors.ts';
import type { EventMaker } from '../event.ts';
import type { Lease } from '../lock.ts';
import type { Log } from '../log.ts';
import type { BatchSize } from '../pass/page/batches.ts';
import type { Progress } from '../progress.ts';
import type { RefreshTokens } from '../refresh-tokens.ts';
import type { Target } from '../target.ts';
import type { SlotKeeper } from '../throttle.ts';
import type { Timings } from '../timings.ts';
import type { Timeline } from './timeline.ts';

/** The third party of a run: its adapter, and the HTTP client to reach it. */
export interface ThirdParty {
  readonly name: string;
  readonly adapter: Adapter;
  /** Identifies the account whose pages are fetched, without its credentials; absent where pages are read from a file (`--from`). */
  readonly account?: string;
  /** Opens a client for one page. Every request of it takes a slot. */
  openHttp(context: HttpContext): HttpClient;
}

/** What the HTTP client of one page needs to know of the pass, the target and the run. */
export interface HttpContext {
  /** What the pass asks for, its permanent redirects, and its consecutive failures: the exponent of a back-off. */
  readonly pass: Pick<Checkpoint, 'mode' | 'moved' | 'failures'>;
  /** The target's own throttle; null in a dry run on a target that has none yet. */
  readonly targetSlots: SlotKeeper | null;
  /** The target's refresh tokens; absent in a dry run, which replaces none. */
  readonly refreshTokens?: RefreshTokens | undefined;
  readonly run: Sending;
}

/** Whether and how a run sends its requests. */
export interface Sending {
  readonly signal: AbortSignal;
  /** Called right before a request is sent. */
  readonly mayStillSend: () => boolean;
  readonly onHit: () => void;
  /** Called after each wait for a slot, also after one in vain. */
  readonly onSlot?: (tookMs: number) => void;
  /** Called with the status of each answer; null: none came. */
  readonly onAnswer?: (status: number | null) => void;
}

/** What a run that holds the lock and the newest fence works with. */
export interface RunContext {
  readonly thirdParty: ThirdParty;
  readonly target: Target;
  readonly lease: Lease;
  /** Fires when the run must stop, for whatever reason. */
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly progress: Progress;
  readonly timings: Timings;
  readonly batchSize: BatchSize;
  readonly events: EventPolicy;
  /** The rate of the throttle: a back-off is a multiple of it. */
  readonly perMs: number;
  readonly now: () => number;
  readonly onHit: () => void;
  /** Notes what the run spends its time on. */
  readonly timeline: Timeline;
  /** Adds a warning to the summary, once. */
  readonly warn: (warning: string) => void;
  /** Called after each commit with what it changed of a resource: its events wait in the outbox. A throw ends the run. */
  readonly committed: (resource: string, counts: ChangeCounts) => Promise<void>;
}

/** What a step needs in order to write. */
export type WriteContext = Pick<RunContext, 'target' | 'lease' | 'signal' | 'timings' | 'events' | 'now' | 'committed'>;

/** How the config wants events to be written. */
export interface EventPolicy {
  readonly source: string;
  /** Whether a pass that runs because the shape has changed emits events. */
  readonly onRemap: 'emit' | 'silent';
  /** How the outbox keeps the events of a large transaction. */
  readonly outbox?: 'packed' | 'text' | undefined;
  /** Written into each event. */
  readonly maker: EventMaker;
}

/** Throws when the lock may no longer be ours. Called before every commit. */
export function assertTrusted({ lease, signal }: Pick<RunContext, 'lease' | 'signal'>): void {
  signal.throwIfAborted();
  if (lease.isTrusted()) return;
  throw new LeaseLostError(
    'this run can no longer trust that it holds the lock; what it had not committed was not written',
    { hint: 'The next run continues from the last commit.' },
  );
}

/** How the events of this pass are written. */
export function eventOptions(
  { isRemap }: Pick<Checkpoint, 'isRemap'>,
  { source, onRemap, outbox, maker }: EventPolicy,
): EventOptions {
  const written = { source, maker, asText: outbox === 'text' };
  if (!isRemap) return { ...written, silent: false };
  return { ...written, cause: 'remap', silent: onRemap === 'silent' };
}
