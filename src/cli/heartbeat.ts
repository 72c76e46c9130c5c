import { get } from 'node:http';
import { get as getSecurely } from 'node:https';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';

/** The most that a monitor may delay the end of a run. */
const patienceMs = 2000;

/**
 * Pings a monitor that alarms when no ping comes: `<url>/start`, and `<url>/<exit code>` at the end (the pinging API of
 * Healthchecks.io). A ping that fails changes nothing. Pings are not hits.
 */
export class Heartbeat {
  readonly #url: URL;
  readonly #log: Log;
  readonly #hurry = new AbortController();
  #start: Promise<void> = Promise.resolve();

  constructor(url: URL, log: Log) {
    this.#url = url;
    this.#log = log;
  }

  /** Does not wait for the answer. */
  start(): void {
    this.#start = this.#ping('start', AbortSignal.any([AbortSignal.timeout(patienceMs), this.#hurry.signal]));
  }

  /** Waits for the answer, and first for that of the start: the monitor must not get them in the wrong order. */
  async end(exitCode: number): Promise<void> {
    const isOver = AbortSignal.timeout(patienceMs);
    const hurry = setTimeout(() => this.#hurry.abort(), patienceMs / 2);
    await this.#start;
    clearTimeout(hurry);
    await this.#ping(String(exitCode), isOver);
  }

  async #ping(what: string, signal: AbortSignal): Promise<void> {
    try {
      const status = await statusOf(below(this.#url, what), signal);
      if (status >= 300) this.#log.info(`the heartbeat was answered ${status}; nothing depends on it`);
    } catch (error) {
      this.#log.info(`the heartbeat could not be sent: ${messageOf(error)}; nothing depends on it`);
    }
  }
}

function below(base: URL, segment: string): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${segment}`;
  return url;
}

function statusOf(url: URL, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? getSecurely : get;
    send(url, { agent: false, signal }, (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    }).on('error', reject);
  });
}
