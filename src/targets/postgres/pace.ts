/**
 * How many rows one transaction writes: learns from how long the last ones took, so that the next takes about `aimMs`.
 * Slower rows count at once, quicker ones by and by: from one transaction to the next their number doubles at the most.
 */
export class Pace {
  #rowMs: number;
  readonly #aimMs: number;
  readonly #most: number;

  constructor({ aimMs, first, most }: { readonly aimMs: number; readonly first: number; readonly most: number }) {
    this.#aimMs = aimMs;
    this.#most = most;
    this.#rowMs = aimMs / first;
  }

  /** A small transaction that was quick says nothing of a large one: most of it was not the rows. */
  learn(rows: number, tookMs: number): void {
    if (rows === 0 || (rows < this.rows / 2 && tookMs < this.#aimMs)) return;
    const now = tookMs / rows;
    this.#rowMs = now > this.#rowMs ? now : (this.#rowMs + now) / 2;
  }

  /** So many rows were given up after so long: of these, half at the most are written together from now on. */
  giveUp(rows: number, tookMs: number): void {
    this.#rowMs = Math.max(this.#rowMs, tookMs / rows, (2 * this.#aimMs) / rows);
  }

  get rows(): number {
    return Math.max(1, Math.min(this.#most, Math.floor(this.#aimMs / this.#rowMs)));
  }
}
