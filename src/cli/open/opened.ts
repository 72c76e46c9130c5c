/** Closes what was opened, in reverse order. Node 22 has no `AsyncDisposableStack`. */
export class Opened implements AsyncDisposable {
  #closers: (() => void | PromiseLike<void>)[] = [];

  use<T extends AsyncDisposable>(resource: T): T {
    this.defer(() => resource[Symbol.asyncDispose]());
    return resource;
  }

  defer(close: () => void | PromiseLike<void>): void {
    this.#closers.push(close);
  }

  /** Moves everything into a new one, which closes it from now on. */
  move(): Opened {
    const moved = new Opened();
    moved.#closers = this.#closers;
    this.#closers = [];
    return moved;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) await close();
  }
}
