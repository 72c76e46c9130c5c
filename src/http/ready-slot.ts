import { crashPoint } from '../crash.ts';
import { formatDuration } from '../duration.ts';
import { LeaseLostError, type SyncError, UnreachableError } from '../errors.ts';
import type { Line } from './connection/line.ts';
import { type Slot, type SlotOptions, takeSlot } from './take-slot.ts';

export interface ReadyOptions extends SlotOptions {
  /** Checked again right before the request is sent. */
  readonly mayStillSend: () => boolean;
  /** A slot that is older than this is given back: the request would arrive after its reservation. */
  readonly slotReserveMs: number;
}

/** A name server that does not answer costs each try some seconds; after so many slots something else is wrong. */
const mostSlots = 3;

/**
 * Takes a slot and connects, so that the request can leave at once. A slot that grows old while the connection is made is
 * given back, and another one is taken for the connection that stands. So the throttle is asked before anybody connects, and
 * a slow name server costs time, not the hit.
 */
export async function takeReadySlot(key: string, line: Line, steps: Steps, options: ReadyOptions): Promise<Slot> {
  const onWait = (waitMs: number) => {
    line.close();
    options.onWait?.(waitMs);
  };
  for (let slots = 1; ; slots += 1) {
    const slot = await steps.time('taking the slot', () => takeSlot(key, { ...options, onWait }));
    crashPoint('slot-taken');
    try {
      await steps.time('connecting', () => line.open());
    } catch (error) {
      await slot.cancel();
      throw error;
    }
    const reason = lateness(slot, steps, options);
    if (reason === undefined) return slot;
    await slot.cancel();
    if (reason instanceof LeaseLostError || slots === mostSlots) throw reason;
  }
}

/** Why no request may leave with this slot; undefined if it may. */
export function lateness(
  slot: Slot,
  steps: Steps,
  { mayStillSend, slotReserveMs }: Pick<ReadyOptions, 'mayStillSend' | 'slotReserveMs'>,
): SyncError | undefined {
  if (!mayStillSend()) return lockLost();
  const ageMs = slot.ageMs();
  return ageMs < slotReserveMs ? undefined : tooOld(ageMs, steps);
}

/** What the time between a slot and its request is spent on. */
export class Steps {
  #longest: { readonly step: string; readonly ms: number } | null = null;

  async time<T>(step: string, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      const ms = performance.now() - startedAt;
      if (this.#longest === null || ms > this.#longest.ms) this.#longest = { step, ms };
    }
  }

  /** The step that took most of this time; null if it was none of them. */
  mostOf(ageMs: number): string | null {
    if (this.#longest === null || this.#longest.ms < ageMs / 2) return null;
    return `${this.#longest.step} took ${formatDuration(this.#longest.ms)}`;
  }
}

function lockLost(): LeaseLostError {
  return new LeaseLostError('the run can no longer trust that it holds the lock; nothing was sent', {
    hint: 'The next run continues from here.',
  });
}

function tooOld(ageMs: number, steps: Steps): UnreachableError {
  const because = steps.mostOf(ageMs) ?? 'the run was held up';
  return new UnreachableError(
    `the slot grew old before the request could leave: ${because}; the slot was given back, and nothing was sent`,
    { hint: 'The next run continues from here. Check the name server, and how busy this machine is.' },
  );
}
