import { setTimeout as wait } from 'node:timers/promises';
import { type Arrivals, type EntryId, firstEntry } from '../../consumer.ts';
import { messageOf } from '../../errors.ts';
import { beforeEverything, comparePositions, type Position, parsePosition } from '../../event.ts';
import type { Log } from '../../log.ts';
import type { Timings } from '../../timings.ts';
import type { RedisClient } from './client.ts';
import { clientOptions, type RedisConfig } from './connection.ts';
import { createClient } from './create-client.ts';
import { unreachable } from './failure.ts';
import { whereaboutsOf } from './place.ts';
import { listIn, textIn } from './reply.ts';

export interface ArrivalsConfig extends Pick<RedisConfig, 'place' | 'connectionName' | 'login'> {
  /** The stream's key. */
  readonly key: string;
  readonly timings: RedisConfig['timings'] & Pick<Timings, 'blockMs' | 'blockSlackMs' | 'watchdogSlackMs'>;
  readonly log: Log;
}

const firstPauseMs = 50;
const longestPauseMs = 2000;
/** A client that hangs is replaced. If the next one hangs too, something else is wrong. */
const hungClientsAllowed = 1;

/** Nothing is lost with this connection: it only watches. Scripts read new entries over the other connection. */
const guarantee = 'nothing was read';

interface Waiter {
  readonly ring: () => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Watches the stream with a blocking read, on a client of its own, as long as somebody waits. On any error the client is
 * replaced: one that reconnects by itself may hang for ever. When two consecutive clients do not answer within the
 * watchdog's time, `isHung` is true.
 */
export class BlockingArrivals implements Arrivals {
  readonly #config: ArrivalsConfig;
  readonly #waiters = new Set<Waiter>();
  #client: RedisClient | undefined;
  #connectError: Error | undefined;
  /** The last entry of the stream that is known. */
  #seen = { id: firstEntry, ...beforeEverything };
  #isWatching = false;
  #isClosed = false;
  #failures = 0;
  #hung = 0;

  constructor(config: ArrivalsConfig) {
    this.#config = config;
  }

  get isHung(): boolean {
    return this.#hung > hungClientsAllowed;
  }

  wait(after: EntryId, waitMs: number, signal: AbortSignal): Promise<void> {
    const isBehind = comparePositions(this.#seen, positionOf(after)) > 0;
    this.#see(after);
    // A stream that was lost and is filled again is behind too: the caller looks now, and waits the next time.
    if (isBehind || signal.aborted || this.#isClosed) return Promise.resolve();
    const waiting = this.#join(waitMs, signal);
    if (!this.#isWatching) void this.#watch();
    return waiting;
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
    for (const { ring } of this.#waiters) ring();
  }

  #join(waitMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', ring);
        this.#waiters.delete(waiter);
      };
      const ring = () => {
        leave();
        resolve();
      };
      const fail = (error: unknown) => {
        leave();
        reject(error);
      };
      const timer = setTimeout(ring, waitMs);
      const waiter = { ring, fail };
      signal.addEventListener('abort', ring);
      this.#waiters.add(waiter);
    });
  }

  #see(id: EntryId): void {
    this.#seen = { id, ...positionOf(id) };
  }

  async #watch(): Promise<void> {
    this.#isWatching = true;
    while (this.#waiters.size > 0 && !this.#isClosed) {
      try {
        const id = await this.#read();
        this.#failures = 0;
        this.#hung = 0;
        if (id === null) continue;
        this.#see(id);
        for (const { ring } of this.#waiters) ring();
      } catch (error) {
        await this.#failed(error);
      }
    }
    this.#isWatching = false;
  }

  /** The ID of the first new entry; null if there is none. */
  async #read(): Promise<EntryId | null> {
    const { key, timings } = this.#config;
    const client = await this.#connected();
    const watchdog = new AbortController();
    const reading = client.call('XREAD', ['COUNT', 1, 'BLOCK', timings.blockMs, 'STREAMS', key, this.#seen.id]);
    try {
      const reply = await Promise.race([reading, this.#hangs(watchdog.signal)]);
      if (reply === null) return null;
      const [[, [[id]]]] = listIn(reply) as [[unknown, [[unknown]]]];
      return textIn(id);
    } finally {
      watchdog.abort();
      reading.catch(() => {});
    }
  }

  async #hangs(signal: AbortSignal): Promise<never> {
    const { blockMs, watchdogSlackMs } = this.#config.timings;
    await wait(3 * blockMs + watchdogSlackMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return new Promise(() => {});
    this.#hung += 1;
    throw new Error('a blocking read was not answered in time');
  }

  async #connected(): Promise<RedisClient> {
    if (this.#client) return this.#client;
    const { place, connectionName, timings, login, key, log } = this.#config;
    const { commandTimeout, ...options } = clientOptions(`${connectionName}:arrivals`, timings);
    const socketTimeout = timings.blockMs + timings.blockSlackMs;
    this.#connectError = undefined;
    const client = await createClient(place, {
      options: { ...options, socketTimeout, retryStrategy: () => null },
      askMs: timings.redisAskMs,
      isDaemon: false,
      login,
      key,
      log,
      onError: (error) => {
        this.#connectError = error;
      },
      onReady: () => {},
    });
    this.#client = client;
    if (this.#isClosed) this.#drop();
    return client;
  }

  async #failed(error: unknown): Promise<void> {
    const { place, log } = this.#config;
    const whereabouts = whereaboutsOf(place);
    this.#drop();
    const connectError = this.#connectError;
    log.debug(`a blocking read of Redis at ${whereabouts.address} failed: ${messageOf(connectError ?? error)}`);
    for (const { fail } of this.#waiters) fail(unreachable(error, { ...whereabouts, guarantee, connectError }));
    const pauseMs = Math.min(firstPauseMs * 2 ** this.#failures, longestPauseMs) * (0.5 + Math.random() / 2);
    this.#failures += 1;
    await wait(pauseMs, undefined, { ref: false });
  }

  #drop(): void {
    this.#client?.close();
    this.#client = undefined;
  }
}

function positionOf(id: EntryId): Position {
  return parsePosition(id) ?? beforeEverything;
}
