import type { Client } from 'pg';
import { letGo } from './session.ts';

/** The one client of a connection. It is made when it is needed, and made again when the last one was lost. */
export class Link {
  readonly #create: () => Promise<Client>;
  readonly #closeMs: number;
  #client: Client | undefined;

  constructor(create: () => Promise<Client>, closeMs: number) {
    this.#create = create;
    this.#closeMs = closeMs;
  }

  /** A client that is connected. */
  async client(): Promise<Client> {
    if (this.#client) return this.#client;
    const made = await this.#create();
    const forget = (): void => {
      if (this.#client === made) this.drop();
    };
    made.on('error', forget);
    this.#client = made;
    try {
      await made.connect();
    } catch (error) {
      forget();
      throw error;
    }
    return made;
  }

  /** The client is lost: the next one is a new one. */
  drop(): void {
    if (this.#client) letGo(this.#client);
    this.#client = undefined;
  }

  /** Closes the client. A server that does not answer even to this must not keep a run that is done, and its lock with it. */
  async end(): Promise<void> {
    const last = this.#client;
    this.#client = undefined;
    if (!last) return;
    const tearDown = setTimeout(() => letGo(last), this.#closeMs);
    await last.end().catch(() => {});
    clearTimeout(tearDown);
  }
}
