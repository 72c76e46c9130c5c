import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '../../duration.ts';
import { ConfigError, IntegrityError, NewerTablesError, SyncError, UnreachableError } from '../../errors.ts';
import type { Asked, Unknown } from '../../verdict/facts.ts';

/** How one store is opened and asked. */
export interface Asking<Connection, Answer> {
  /** For the message, where it does not answer in time: `Redis at redis://127.0.0.1:6379/0`. */
  readonly label: string;
  /** How long it may take to connect, and then to answer. */
  readonly lookMs: number;
  readonly open: () => Promise<Connection>;
  readonly ask: (connection: Connection) => Promise<Answer>;
  readonly close: (connection: Connection) => Promise<void> | void;
  /** Looks for a reason that the error does not name; null if there is none. */
  readonly explain?: () => Promise<Unknown['why'] | null>;
}

const steps = 10;

/** One store that is asked again and again. It keeps its connection while it answers, and knows since when it does not. */
export class AskedStore<Connection, Answer> implements AsyncDisposable {
  readonly #asking: Asking<Connection, Answer>;
  #connection: Promise<Connection> | undefined;
  #silentSince: Date | undefined;

  constructor(asking: Asking<Connection, Answer>) {
    this.#asking = asking;
  }

  /** Waits for the connection, and then for the answer, each for `lookMs` at most. Throws only what is a bug. */
  async ask(): Promise<Asked<Answer>> {
    try {
      const value = await this.#answer();
      this.#silentSince = undefined;
      return { is: 'known', value };
    } catch (error) {
      this.#drop();
      if (!(error instanceof SyncError)) throw error;
      const since = this.#silentSince ?? null;
      this.#silentSince ??= new Date();
      return { is: 'unknown', because: textOf(error), since, why: (await this.#asking.explain?.()) ?? whyOf(error) };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#drop();
  }

  async #answer(): Promise<Answer> {
    this.#connection ??= this.#asking.open();
    const connection = await this.#inTime(this.#connection);
    return this.#inTime(this.#asking.ask(connection));
  }

  /**
   * A host that is busy must not look like a store that is away. The time is counted in steps, so that a time in which this
   * process could do nothing counts as one step, and what has arrived by then counts as in time.
   */
  async #inTime<T>(answer: Promise<T>): Promise<T> {
    const over = new AbortController();
    const late = async (): Promise<never> => {
      const { label, lookMs } = this.#asking;
      for (let step = 0; step < steps; step += 1) {
        await sleep(lookMs / steps, undefined, { signal: over.signal });
        await nextTurn();
      }
      const message = `${label} did not answer within ${formatDuration(lookMs)}; nothing was changed`;
      throw new UnreachableError(message);
    };
    try {
      return await Promise.race([answer, late()]);
    } finally {
      over.abort();
    }
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
