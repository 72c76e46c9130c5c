import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '../../duration.ts';
import { ConfigError, IntegrityError, NewerTablesError, SyncError, UnreachableError } from '../../errors.ts';
import type { Asked, Unknown } from '../../verdict/facts.ts';

/** How one store is opened and asked. */
export interface Asking<Connection, Answer> {
  /** For the message, where it does not answer in time: `Redis at redis://127.0.0.1:6379/0`. */
  readonly label: string;
  readonly open: () => Promise<Connection>;
  readonly ask: (connection: Connection) => Promise<Answer>;
  readonly close: (connection: Connection) => Promise<void> | void;
}

/** How long a store may take to answer. */
export const askMs = 1000;

/** One store that is asked again and again. It keeps its connection while it answers, and knows since when it does not. */
export class AskedStore<Connection, Answer> implements AsyncDisposable {
  readonly #asking: Asking<Connection, Answer>;
  #connection: Promise<Connection> | undefined;
  #silentSince: Date | undefined;

  constructor(asking: Asking<Connection, Answer>) {
    this.#asking = asking;
  }

  /** Never waits for longer than a second. Throws only what is a bug. */
  async ask(): Promise<Asked<Answer>> {
    const over = new AbortController();
    try {
      const value = await Promise.race([this.#answer(), this.#late(over.signal)]);
      this.#silentSince = undefined;
      return { is: 'known', value };
    } catch (error) {
      this.#drop();
      if (!(error instanceof SyncError)) throw error;
      const since = this.#silentSince ?? null;
      this.#silentSince ??= new Date();
      return { is: 'unknown', because: textOf(error), since, why: whyOf(error) };
    } finally {
      over.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#drop();
  }

  async #answer(): Promise<Answer> {
    this.#connection ??= this.#asking.open();
    return this.#asking.ask(await this.#connection);
  }

  async #late(signal: AbortSignal): Promise<never> {
    await sleep(askMs, undefined, { signal });
    const { label } = this.#asking;
    throw new UnreachableError(`${label} did not answer within ${formatDuration(askMs)}; nothing was changed`);
  }

  /** Closes in the background what may still be opening: nobody waits for a store that is away. */
  #drop(): void {
    const { close } = this.#asking;
    this.#connection?.then(close).catch(() => {});
    this.#connection = undefined;
  }
}

function textOf({ message, hint }: SyncError): string {
  return hint === undefined || /; nothing was \w+$/.test(message) ? message : `${message}; ${hint}`;
}

function whyOf(error: SyncError): Unknown['why'] {
  if (error instanceof NewerTablesError) return 'newer';
  return error instanceof ConfigError || error instanceof IntegrityError ? 'refused' : 'away';
}
