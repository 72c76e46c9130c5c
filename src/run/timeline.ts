import type { PhaseName, RunPhase } from '../run-row.ts';

/** What comes after so many phases is added to the last one of its kind: a run may read thousands of pages. */
const mostPhases = 200;

/** A phase as it is noted. */
interface Noted extends Pick<RunPhase, 'phase' | 'resource' | 'count'> {
  /** When it began, by the monotonic clock. */
  readonly from: number;
  /** By default until now. */
  readonly tookMs?: number;
}

/** What a run spends its time on, and how the third party answers it. */
export class Timeline {
  readonly #startedAt = performance.now();
  readonly #phases: RunPhase[] = [];
  readonly #statuses = new Map<string, number>();

  /** In the order in which they began. */
  get phases(): readonly RunPhase[] {
    return this.#phases
      .toSorted((a, b) => a.atMs - b.atMs)
      .map((phase) => ({ ...phase, atMs: Math.max(0, Math.round(phase.atMs)), tookMs: Math.round(phase.tookMs) }));
  }

  get slotWaitMs(): number {
    const waits = this.#phases.filter(({ phase }) => phase === 'slot');
    return Math.round(waits.reduce((sum, { tookMs }) => sum + tookMs, 0));
  }

  /** How many hits had each status; `none`: no answer came. */
  get statuses(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#statuses);
  }

  /** Null: no answer came. */
  answered(status: number | null): void {
    const name = String(status ?? 'none');
    this.#statuses.set(name, (this.#statuses.get(name) ?? 0) + 1);
  }

  /** Does work as a phase, which counts what the work returns. It is noted also if the work fails. */
  async time<T>(
    phase: PhaseName,
    resource: string | null,
    work: () => Promise<T>,
    countOf: (done: T) => number,
  ): Promise<T> {
    const from = performance.now();
    let count = 0;
    try {
      const done = await work();
      count = countOf(done);
      return done;
    } finally {
      this.note({ phase, resource, from, count });
    }
  }

  note({ from, tookMs = performance.now() - from, ...noted }: Noted): void {
    const phase = { ...noted, atMs: from - this.#startedAt, tookMs };
    const at = this.#phases.length < mostPhases ? -1 : this.#lastLike(phase);
    const last = this.#phases[at];
    if (!last) this.#phases.push(phase);
    else this.#phases[at] = { ...last, tookMs: last.tookMs + tookMs, count: last.count + phase.count };
  }

  #lastLike({ phase, resource }: RunPhase): number {
    return this.#phases.findLastIndex((one) => one.phase === phase && one.resource === resource);
  }
}
