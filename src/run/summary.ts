import type { ChangeCounts } from '../change.ts';
import type { HeldDeletes, HeldEmptied, HeldUpdates } from '../checkpoint.ts';
import { ExitCode, SyncError, worstExitCode } from '../errors.ts';
import type { Pause } from '../pause.ts';
import type { HeldKind } from '../permit.ts';

/**
 * How a run ended. `done`: every resource that was due is in step. `partial`: a pass continues in the next run.
 * `throttled`: no slot was free. `not-due`: no resource needed work. `paused`: a person has paused the sync. `held`: the guard held
 * something back.
 * `incomplete`: fewer records came than the third party says that it has. `failed`: with the errors in `errors`. `stopped`: by a signal.
 */
export type Outcome = (typeof outcomes)[number];

export const outcomes = [
  'done',
  'partial',
  'throttled',
  'not-due',
  'paused',
  'held',
  'incomplete',
  'failed',
  'stopped',
] as const;

/** What a run did. It is printed, stored as the run's row in `_sync_runs`, and a stable contract with `--json`. */
export interface Summary {
  readonly name: string;
  readonly run: string;
  readonly adapter: string;
  readonly outcome: Outcome;
  readonly exitCode: ExitCode;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly tookMs: number;
  readonly hits: number;
  readonly pages: number;
  readonly records: number;
  readonly rejected: number;
  readonly duplicates: number;
  readonly counts: ChangeCounts;
  /** Events that this run put on the stream: its own, and those that an earlier run had left. */
  readonly relayed: number;
  /** The stream is full: the outbox holds the rest until a listener has caught up. */
  readonly isRelayPaused: boolean;
  /** How long until a slot frees; null if the run was not throttled. */
  readonly nextSlotInMs: number | null;
  /** Why the run made no hit, if a person has paused the sync. */
  readonly pause: Pause | null;
  readonly resources: readonly ResourceSummary[];
  readonly errors: readonly ErrorSummary[];
  readonly warnings: readonly string[];
}

export interface ResourceSummary {
  readonly resource: string;
  readonly pass: number;
  readonly phase: 'walking' | 'deleting' | 'held' | 'done';
  /** Pages and records of the whole pass so far, over all its runs. */
  readonly pages: number;
  readonly records: number;
  readonly held: HeldDeletes | null;
  /** Values that would become empty, and are held back. */
  readonly emptied: HeldEmptied | null;
  /** Rows that would be updated, and are held back. */
  readonly updates: HeldUpdates | null;
  /** What names exactly what is held, for `--allow-mass-delete`, `--allow-mass-update` and `approve`: `340@9f3c`. */
  readonly heldTokens: Readonly<Record<HeldKind, string | null>>;
}

export interface ErrorSummary {
  readonly exitCode: ExitCode;
  readonly message: string;
  readonly hint: string | null;
  /** It is about this resource only. */
  readonly resource?: string;
}

export function errorSummary(error: unknown): ErrorSummary {
  if (error instanceof SyncError) return { exitCode: error.exitCode, message: error.message, hint: error.hint ?? null };
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    exitCode: ExitCode.bug,
    message: `a bug in cronsync: ${message}`,
    hint: 'Please report it, with this text.',
  };
}

/** The outcome and the exit code of a run. Errors come first, then the guard, then how far the run came. */
export function outcomeOf(met: {
  /** The exit code of the signal that stopped the run; null if none did. */
  readonly stopCode: ExitCode | null;
  readonly errors: readonly ErrorSummary[];
  /** Each error says that a pass brought fewer records than the third party has. */
  readonly isOnlyIncomplete?: boolean;
  readonly isPaused?: boolean;
  readonly isHeld: boolean;
  readonly isThrottled: boolean;
  readonly pages: number;
  readonly isUnfinished: boolean;
  readonly wasDue: boolean;
}): { readonly outcome: Outcome; readonly exitCode: ExitCode } {
  const exitCode = worstExitCode([
    ...met.errors.map((error) => error.exitCode),
    met.isHeld ? ExitCode.held : ExitCode.ok,
  ]);
  if (met.stopCode !== null) return { outcome: 'stopped', exitCode: worstExitCode([exitCode, met.stopCode]) };
  if (met.errors.length > 0) return { outcome: met.isOnlyIncomplete ? 'incomplete' : 'failed', exitCode };
  if (met.isPaused) return { outcome: 'paused', exitCode };
  if (met.isHeld) return { outcome: 'held', exitCode };
  if (met.isThrottled && met.pages === 0) return { outcome: 'throttled', exitCode };
  if (met.isUnfinished) return { outcome: 'partial', exitCode };
  return { outcome: met.wasDue ? 'done' : 'not-due', exitCode };
}
