import type { RunContext, Sending } from '../../run/context.ts';

type Part = 'map' | 'commit';

/** What one page spends its time on: slots, the requests after them, its batches, and the wait for batches that are not read ahead. */
export class PagePhases {
  readonly #timeline: RunContext['timeline'];
  readonly #resource: string;
  readonly #parts = new Map<Part, { from: number; tookMs: number; count: number }>();
  #fetchFrom = performance.now();
  #hits = 0;

  constructor(timeline: RunContext['timeline'], resource: string) {
    this.#timeline = timeline;
    this.#resource = resource;
  }

  /** What the HTTP client of the page reports of its requests. */
  observed({ onHit, ...sending }: Sending): Sending {
    return {
      ...sending,
      onHit: () => {
        this.#hits += 1;
        onHit();
      },
      onSlot: (tookMs) => this.#tookSlot(tookMs),
      onAnswer: (status) => this.#timeline.answered(status),
    };
  }

  /** Fetches the page. Nothing was fetched if no request has left and it fails. */
  async fetch<T>(work: () => Promise<T>): Promise<T> {
    this.#fetchFrom = performance.now();
    try {
      const page = await work();
      this.#fetched(performance.now());
      return page;
    } catch (error) {
      if (this.#hits > 0) this.#fetched(performance.now());
      throw error;
    }
  }

  /** Adds a batch, from a time on until now. */
  add(part: Part, from: number, count: number): void {
    const before = this.#parts.get(part) ?? { from, tookMs: 0, count: 0 };
    const tookMs = before.tookMs + performance.now() - from;
    this.#parts.set(part, { from: before.from, tookMs, count: before.count + count });
  }

  /** Notes all batches as one phase of each kind. */
  end(): void {
    for (const [phase, part] of this.#parts) this.#timeline.note({ phase, resource: this.#resource, ...part });
  }

  /** A page may take several slots, such as one for an access token. */
  #tookSlot(tookMs: number): void {
    const now = performance.now();
    if (this.#hits > 0) this.#fetched(now - tookMs);
    this.#timeline.note({ phase: 'slot', resource: this.#resource, from: now - tookMs, tookMs, count: 1 });
    this.#fetchFrom = now;
  }

  #fetched(until: number): void {
    const [from, count] = [this.#fetchFrom, this.#hits];
    this.#timeline.note({ phase: 'fetch', resource: this.#resource, from, tookMs: until - from, count });
    this.#fetchFrom = until;
    this.#hits = 0;
  }
}
