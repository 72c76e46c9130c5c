/** A transaction should take about this long. While nothing is known it has `first` rows, and never more than `most`. */
const pace = { aimMs: 100, first: 200, most: 8000 };

/**
 * How many rows one transaction writes. It learns from how long the last transactions took, so that the next one takes about
 * `aimMs`. Slower rows count at once, faster rows gradually: from one transaction to the next their number at most doubles.
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

  /** A small transaction that was fast proves nothing about a large one: most of its time did not go to the rows. */
  learn(rows: number, tookMs: number): void {
    if (rows === 0 || (rows < this.rows / 2 && tookMs < this.#aimMs)) return;
    const now = tookMs / rows;
    this.#rowMs = now > this.#rowMs ? now : (this.#rowMs + now) / 2;
  }

  /** This many rows were given up after this time. From now on at most half as many are written together. */
  giveUp(rows: number, tookMs: number): void {
    this.#rowMs = Math.max(this.#rowMs, tookMs / rows, (2 * this.#aimMs) / rows);
  }

  get rows(): number {
    return Math.max(1, Math.min(this.#most, Math.floor(this.#aimMs / this.#rowMs)));
  }
}

/** One pace for each resource: how long the rows of one table take proves nothing about another table. */
export class Paces {
  readonly #paces = new Map<string, Pace>();

  of(resource: string): Pace {
    const known = this.#paces.get(resource) ?? new Pace(pace);
    this.#paces.set(resource, known);
    return known;
  }
}
