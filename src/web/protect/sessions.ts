import type { Access, Role } from './access.ts';
import { roleHere } from './access.ts';
import { isSame, sign } from './secrets.ts';

/** How long somebody stays logged in. */
export const sessionMs = 43_200_000;

const roles: readonly Role[] = ['operate', 'view'];

export interface SessionOptions {
  /** The sync's name: a session of one sync is worth nothing at another. */
  readonly name: string;
  readonly access: Access;
  readonly now: () => Date;
}

/**
 * Who is logged in. A session is a signed text that the browser keeps, so nothing is stored here: every process with the same
 * tokens knows it.
 */
export class Sessions {
  readonly #options: SessionOptions;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** A session for whoever holds the token of this role. */
  issue(role: Role): string {
    const { access, now } = this.#options;
    const token = access.tokens[role];
    if (token === undefined) throw new Error(`the role ${role} has no token`);
    const until = now().getTime() + sessionMs;
    return `${role}.${until}.${this.#signature(role, until, token)}`;
  }

  /** What the holder of this session may do; null if it has ended, or is not one of ours. */
  roleOf(session: string): Role | null {
    const { access, now } = this.#options;
    const [named, until = '', signature = ''] = session.split('.');
    const role = roles.find((one) => one === named);
    const token = role && access.tokens[role];
    if (role === undefined || token === undefined || !/^\d{1,15}$/.test(until)) return null;
    if (!isSame(signature, this.#signature(role, Number(until), token))) return null;
    return Number(until) > now().getTime() ? roleHere(role, access) : null;
  }

  /** The role whose token this is; null if it is none. */
  roleOfToken(given: string): Role | null {
    const { tokens } = this.#options.access;
    // Both are compared, so that the time does not say which one was tried.
    const [operate, view] = [tokens.operate, tokens.view].map(
      (token) => isSame(given, token ?? '') && token !== undefined,
    );
    if (operate) return 'operate';
    return view ? 'view' : null;
  }

  #signature(role: Role, until: number, token: string): string {
    return sign(`${this.#options.name} ${role} ${until}`, token);
  }
}
