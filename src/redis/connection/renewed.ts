/** What is known of a client of ioredis, whatever it connects to. */
interface Mortal {
  readonly status: string;
  disconnect(): void;
}

/**
 * Holds a client, and replaces it once it has ended: ioredis never connects such a client again. One that asks sentinels
 * ends when none of them answers, and one of a cluster when no node is left.
 */
export class Renewed<Client extends Mortal> {
  readonly #make: () => Client;
  #client: Client;
  #isClosed = false;

  constructor(make: () => Client) {
    this.#make = make;
    this.#client = make();
  }

  get current(): Client {
    if (this.#client.status !== 'end' || this.#isClosed) return this.#client;
    // It may still listen for failovers.
    this.#client.disconnect();
    this.#client = this.#make();
    return this.#client;
  }

  /** Whether the client has ended that was handed out last. */
  isOver(): boolean {
    return this.#client.status === 'end';
  }

  close(): void {
    this.#isClosed = true;
    this.#client.disconnect();
  }
}
