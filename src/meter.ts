/** What the listening loop reports of itself, to be measured. Every call is cheap and none throws. */
export interface ListenMeter {
  /** One attempt has ended. */
  delivered(listener: string, result: DeliveryResult, tookMs: number): void;

  /** An event is done: so old when it was acknowledged, after so many attempts. */
  acknowledged(listener: string, ageMs: number, attempts: number): void;

  /** A read of this group was completed, with events or without. */
  beat(group: string): void;
}

/** `success`; `failure` comes again; `dead` became a dead letter; `aborted` was cut off by us and is nobody's fault. */
export type DeliveryResult = 'success' | 'failure' | 'dead' | 'aborted';

/** Measures nothing. */
export const silentMeter: ListenMeter = { delivered() {}, acknowledged() {}, beat() {} };

/** Passes everything on, and counts how deliveries ended. */
export class CountingMeter implements ListenMeter {
  readonly counts: Record<DeliveryResult, number> = { success: 0, failure: 0, dead: 0, aborted: 0 };
  readonly #meter: ListenMeter;

  constructor(meter: ListenMeter) {
    this.#meter = meter;
  }

  delivered(listener: string, result: DeliveryResult, tookMs: number): void {
    this.counts[result] += 1;
    this.#meter.delivered(listener, result, tookMs);
  }

  acknowledged(listener: string, ageMs: number, attempts: number): void {
    this.#meter.acknowledged(listener, ageMs, attempts);
  }

  beat(group: string): void {
    this.#meter.beat(group);
  }
}
