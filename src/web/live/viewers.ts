import { setTimeout as sleep } from 'node:timers/promises';

/** How often the stores are asked while somebody looks. */
export const pollMs = 2000;
/** After so long without a change the same content is sent again: a silent connection may be a lost one. */
const beatMs = 10_000;
/** How many streams there may be. Whoever comes later asks again and again instead. */
export const mostViewers = 50;

/** What a topic looks like now. */
export interface Painted {
  readonly html: string;
  /** The newest sequence number, for the `id:` of the message. */
  readonly id: string;
}

/** Who gets a topic: a stream of one browser. */
export interface Viewer {
  /** False: whoever reads it was let in for a time that is over. */
  mayLook(): boolean;
  /** False: nobody reads it any more. */
  send(message: Painted): boolean;
  end(): void;
}

interface Topic {
  readonly paint: () => Promise<Painted | null>;
  readonly viewers: Set<Viewer>;
  last: Painted | null;
  sentAt: number;
}

/**
 * Everybody who looks, by what they look at. One loop paints each topic once, whatever the number of its viewers, and only
 * while there are any.
 */
export class Viewers {
  readonly #topics = new Map<string, Topic>();
  readonly #everyMs: number;
  #loop: Promise<void> | null = null;
  readonly #stop = new AbortController();

  constructor(everyMs: number = pollMs) {
    this.#everyMs = everyMs;
  }

  get count(): number {
    return [...this.#topics.values()].reduce((sum, { viewers }) => sum + viewers.size, 0);
  }

  get hasRoom(): boolean {
    return this.count < mostViewers && !this.#stop.signal.aborted;
  }

  /** Adds a viewer. `paint` resolves to null where the topic has ended for its viewers, such as by the end of a session. */
  add(name: string, viewer: Viewer, paint: Topic['paint']): void {
    const topic = this.#topics.get(name) ?? { paint, viewers: new Set(), last: null, sentAt: 0 };
    this.#topics.set(name, topic);
    topic.viewers.add(viewer);
    if (topic.last) viewer.send(topic.last);
    this.#loop ??= this.#run();
  }

  remove(name: string, viewer: Viewer): void {
    const topic = this.#topics.get(name);
    topic?.viewers.delete(viewer);
    if (topic?.viewers.size === 0) this.#topics.delete(name);
  }

  /** Ends every stream. */
  close(): void {
    this.#stop.abort();
    for (const { viewers } of this.#topics.values()) for (const viewer of viewers) viewer.end();
    this.#topics.clear();
  }

  #end(name: string, viewer: Viewer): void {
    viewer.end();
    this.remove(name, viewer);
  }

  async #run(): Promise<void> {
    while (this.#topics.size > 0 && !this.#stop.signal.aborted) {
      await Promise.all([...this.#topics].map(([name, topic]) => this.#poll(name, topic)));
      await sleep(this.#everyMs, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
    this.#loop = null;
  }

  async #poll(name: string, topic: Topic): Promise<void> {
    for (const viewer of topic.viewers) if (!viewer.mayLook()) this.#end(name, viewer);
    if (topic.viewers.size === 0) return;
    const painted = await topic.paint();
    if (painted === null) {
      for (const viewer of topic.viewers) viewer.end();
      this.#topics.delete(name);
      return;
    }
    const now = performance.now();
    const isSame = painted.html === topic.last?.html && now - topic.sentAt < beatMs;
    topic.last = painted;
    if (isSame) return;
    topic.sentAt = now;
    for (const viewer of topic.viewers) if (!viewer.send(painted)) this.remove(name, viewer);
  }
}
