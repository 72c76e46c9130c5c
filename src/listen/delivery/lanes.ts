/**
 * Keeps tasks in lanes: one after the other in a lane, lanes side by side. A lane is idle (its head may start), running, or
 * parked (its head has failed and waits, and what follows waits with it).
 */
export class Lanes<T> {
  readonly #lanes = new Map<string, Lane<T>>();
  #idle: string[] = [];
  #nextIdle = 0;
  #held = 0;
  #waiting = 0;

  /** How many tasks are in lanes: waiting, running or parked. */
  get held(): number {
    return this.#held;
  }

  /** How many tasks wait only for their turn. */
  get waiting(): number {
    return this.#waiting;
  }

  add(name: string, task: T): void {
    this.#held += 1;
    const lane = this.#lanes.get(name);
    if (lane) {
      lane.tasks.push(task);
      if (lane.state !== 'parked') this.#waiting += 1;
      return;
    }
    this.#lanes.set(name, { tasks: [task], state: 'idle' });
    this.#waiting += 1;
    this.#idle.push(name);
  }

  /** The head of the lane that has been idle for longest; the lane runs from now on. */
  next(): { readonly lane: string; readonly task: T } | undefined {
    for (let name = this.#takeIdle(); name !== undefined; name = this.#takeIdle()) {
      const task = this.#lanes.get(name)?.state === 'idle' ? this.start(name) : undefined;
      if (task !== undefined) return { lane: name, task };
    }
    return undefined;
  }

  /** Starts a lane that is idle or parked, out of turn. */
  start(name: string): T | undefined {
    const lane = this.#lanes.get(name);
    if (!lane || lane.state === 'running') return undefined;
    this.#waiting += lane.state === 'parked' ? lane.tasks.length - 1 : -1;
    lane.state = 'running';
    return lane.tasks[0];
  }

  /** The head of a running lane is done: the next task of the lane has its turn. */
  finish(name: string): void {
    const lane = this.#lanes.get(name);
    if (!lane) return;
    lane.tasks.shift();
    this.#held -= 1;
    if (lane.tasks.length === 0) this.#lanes.delete(name);
    else this.#release(name, lane);
  }

  /** The head of a running lane has failed: the lane stands still until `resume`. */
  park(name: string): void {
    const lane = this.#lanes.get(name);
    if (lane?.state !== 'running') return;
    lane.state = 'parked';
    this.#waiting -= lane.tasks.length - 1;
    this.#lanes.delete(name);
    this.#lanes.set(name, lane);
  }

  resume(name: string): void {
    const lane = this.#lanes.get(name);
    if (lane?.state !== 'parked') return;
    this.#waiting += lane.tasks.length - 1;
    this.#release(name, lane);
  }

  *all(): Generator<T> {
    for (const { tasks } of this.#lanes.values()) yield* tasks;
  }

  /** The heads of the parked lanes, those parked longest first. */
  *parked(): Generator<{ readonly lane: string; readonly task: T }> {
    for (const [lane, { state, tasks }] of this.#lanes)
      if (state === 'parked' && tasks[0] !== undefined) yield { lane, task: tasks[0] };
  }

  /** The next name in the queue of idle lanes. Names that were used are dropped now and then. */
  #takeIdle(): string | undefined {
    if (this.#nextIdle > 1000 && this.#nextIdle * 2 > this.#idle.length) {
      this.#idle.splice(0, this.#nextIdle);
      this.#nextIdle = 0;
    }
    const name = this.#idle[this.#nextIdle];
    if (name !== undefined) this.#nextIdle += 1;
    return name;
  }

  #release(name: string, lane: Lane<T>): void {
    if (lane.state === 'parked') this.#waiting += 1;
    lane.state = 'idle';
    this.#idle.push(name);
  }
}

interface Lane<T> {
  readonly tasks: T[];
  state: 'idle' | 'running' | 'parked';
}
