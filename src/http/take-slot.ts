import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BackOffCause, messageOf, ThrottledError } from '../errors.ts';
import type { Log } from '../log.ts';
import {
  describeStricter,
  describeWaiting,
  type Grant,
  isStarving,
  type Limits,
  type SlotAnswer,
  type SlotKeeper,
} from '../throttle.ts';

export interface SlotOptions {
  readonly windows: readonly Limits[];
  /** Asked in this order: Redis first, then the target's guard. A hit needs all of them. */
  readonly keepers: readonly SlotKeeper[];
  /** Digest of the credentials in use: a back-off that other credentials caused ends at once. */
  readonly credentialsDigest: string;
  readonly reserveMs: number;
  /** How long a request may wait for its slot. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Called before each wait. */
  readonly onWait?: ((waitMs: number) => void) | undefined;
  /** Called at the end, whether there is a slot or not. */
  readonly onSlot?: ((tookMs: number) => void) | undefined;
}

/** The right to one hit, held at every keeper. */
export interface Slot {
  /** How long ago it was requested, by the clock that advanced further: only one of them shows that a machine slept. */
  ageMs(): number;
  settle(freesInMs: number): Promise<void>;
  cancel(): Promise<void>;
  defer(forMs: number, cause: BackOffCause): Promise<void>;
}

/** Takes a slot of this key, waiting for it up to `waitMs`. Throws `ThrottledError` if none frees in time. */
export async function takeSlot(key: string, options: SlotOptions): Promise<Slot> {
  const askedAt = performance.now();
  try {
    return await waitForSlot(key, options);
  } finally {
    options.onSlot?.(performance.now() - askedAt);
  }
}

async function waitForSlot(key: string, options: SlotOptions): Promise<Slot> {
  const patientUntil = performance.now() + options.waitMs;
  let mayResume = true;
  for (;;) {
    options.signal.throwIfAborted();
    const grant = { id: randomUUID(), key };
    const ageMs = stopwatch();
    const answer = await askAll(grant, patientUntil - performance.now(), options);
    if (answer.granted) return slotOf(grant, ageMs, options);

    if (mayResume && isForOthers(answer.cause, options)) {
      mayResume = false;
      await Promise.all(options.keepers.map((keeper) => keeper.resume(key)));
      continue;
    }
    if (answer.waitMs > patientUntil - performance.now()) {
      throw new ThrottledError(answer.waitMs, answer.cause, reasonOf(answer, options));
    }
    options.onWait?.(answer.waitMs);
    await pause(Math.min(answer.waitMs, answer.queue?.againMs ?? answer.waitMs), options.signal);
  }
}

/** Asks all keepers. When a later one denies, the slots of the earlier ones are moved to the time at which it would grant. */
async function askAll(
  grant: Grant,
  patienceMs: number,
  { keepers, windows, reserveMs, log }: SlotOptions,
): Promise<SlotAnswer> {
  for (const [at, keeper] of keepers.entries()) {
    const earlier = keepers.slice(0, at);
    const answer = await keeper
      .take(grant, windows, reserveMs, Math.max(0, patienceMs))
      .catch(async (error: unknown) => {
        await atAll(earlier, log, (granted) => granted.cancel(grant));
        throw error;
      });
    if (answer.granted) continue;
    await atAll(earlier, log, (granted) => granted.postpone(grant, Math.ceil(answer.waitMs)));
    return answer;
  }
  return { granted: true };
}

/** Why the limit of the config does not explain the denial; null if it does. */
function reasonOf(
  { cause, stricter, queue }: SlotAnswer & { granted: false },
  { windows }: SlotOptions,
): string | null {
  if (stricter) return describeStricter(stricter);
  return queue && cause === undefined && isStarving(queue, windows) ? describeWaiting(queue) : null;
}

function slotOf(grant: Grant, ageMs: () => number, { keepers, log }: SlotOptions): Slot {
  return {
    ageMs,
    settle: (freesInMs) => atAll(keepers, log, (keeper) => keeper.settle(grant, Math.ceil(freesInMs))),
    cancel: () => atAll(keepers, log, (keeper) => keeper.cancel(grant)),
    defer: (forMs, cause) => atAll(keepers, log, (keeper) => keeper.defer(grant.key, Math.ceil(forMs), cause)),
  };
}

/** A keeper that fails here still has the reservation, which is longer: that costs time, but never exceeds the limit. */
async function atAll(
  keepers: readonly SlotKeeper[],
  log: Log,
  call: (keeper: SlotKeeper) => Promise<void>,
): Promise<void> {
  const outcomes = await Promise.allSettled(keepers.map(call));
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') log.warn(`the throttle could not be updated: ${messageOf(outcome.reason)}`);
  }
}

function isForOthers(cause: BackOffCause | undefined, { credentialsDigest }: SlotOptions): boolean {
  return cause?.credentials !== undefined && cause.credentials !== credentialsDigest;
}

function stopwatch(): () => number {
  const [monotonic, wall] = [performance.now(), Date.now()];
  return () => Math.max(performance.now() - monotonic, Date.now() - wall);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(Math.max(1, Math.ceil(ms)), undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
