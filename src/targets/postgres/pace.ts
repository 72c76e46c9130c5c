/** The rows of a transaction should take about this long. While nothing is known it has `first` rows, and never more than `most`. */
const pace = { aimMs: 100, first: 200, most: 8000 };

/** So many rows say as much about the next ones as everything before them. */
const telling = 20;

/**
 * How many rows one transaction writes. It learns from how long the rows of the last transactions took, so that those of the next
 * one take about `aimMs`. Slower rows count at once, unless they are few, and faster rows gradually: from one transaction to the
 * next their number at most doubles.
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

  /**
   * A transaction of so many rows took so long, of which `othersMs` went to what it does however many rows it has: on a busy host
   * that is most of it. A small transaction that was fast proves nothing about a large one.
   */
  learn(rows: number, tookMs: number, othersMs = 0): void {
    if (rows === 0 || (rows < this.rows / 2 && tookMs < this.#aimMs)) return;
    const now = Math.max(0, tookMs - othersMs) / rows;
    const weight = now > this.#rowMs ? rows / (rows + telling) : 1 / 2;
    this.#rowMs += weight * (now - this.#rowMs);
  }

  /** This many rows were given up after this time. From now on at most half as many are written together. */
  giveUp(rows: number, tookMs: number): void {
    this.#rowMs = Math.max(this.#rowMs, tookMs / rows, (2 * this.#aimMs) / rows);
  }

  get rows(): number {
    return Math.max(1, Math.min(this.#most, Math.floor(this.#aimMs / this.#rowMs)));
  }
}

/**
 * How long the statements of a transaction would have taken with nothing to do, when they took so long: the way to the server, and
 * the wait for a core. Some always have next to nothing to do. They are more than a quarter, but not always the half.
 */
export function idleMs(waits: readonly number[]): number {
  const fast = waits.toSorted((a, b) => a - b)[waits.length >> 2] ?? 0;
  return fast * waits.length;
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
