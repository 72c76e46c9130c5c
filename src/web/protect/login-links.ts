import { randomBytes } from 'node:crypto';
import { isSame } from './secrets.ts';

/** How long a login link can be used. */
export const linkMs = 60_000;

/** Codes that log in once, each for a minute. They are only in this process. */
export class LoginLinks {
  readonly #now: () => Date;
  readonly #codes = new Map<string, number>();

  constructor(now: () => Date) {
    this.#now = now;
  }

  issue(): string {
    const code = randomBytes(24).toString('base64url');
    this.#codes.set(code, this.#now().getTime() + linkMs);
    return code;
  }

  /** Uses a code up. True: it was one of ours, and it had not ended. */
  take(given: string): boolean {
    const [code, until] = [...this.#codes].find(([one]) => isSame(one, given)) ?? [];
    if (code === undefined || until === undefined) return false;
    this.#codes.delete(code);
    return until > this.#now().getTime();
  }
}
