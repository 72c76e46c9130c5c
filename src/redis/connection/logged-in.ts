import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { AskLogin, CheckedLogin } from '../../login.ts';
import type { RedisArgument, RedisClient } from './client.ts';
import { isForbidden, isLoginRefused, isOfConnection } from './failure.ts';

/** A login is renewed this long before it expires, or after four fifths of its life if that is later. */
const mostMarginMs = 300_000;
const marginShare = 0.2;
/** Managed services end a connection after 12 hours. */
const longestMs = 11 * 3_600_000;
/** After a renewal that failed. */
const againMs = 30_000;

/** A client, and until when it counts as logged in. */
interface Session {
  readonly client: RedisClient;
  renewAt: number;
  /** Commands without an answer. */
  busy: number;
  /** Another one has taken its place: it is closed after its last answer. */
  isRetired: boolean;
}

export interface LoggedInOptions {
  readonly ask: () => ReturnType<AskLogin>;
  /** Makes a client that never connects twice. */
  readonly open: (login: CheckedLogin) => Promise<RedisClient>;
  /** A key of the sync. */
  readonly key: string;
  readonly log: Log;
}

/**
 * A client whose login comes from a module:
 *
 * 1. The module is asked before each connect, also after a lost connection.
 * 2. Some time before the login expires, the module is asked again, and a client with the new login takes the place of the
 *    old one, which is closed after its last answer. If that fails, the old one stays, and this is tried again later.
 *    No living connection says again who we are: Redis 8.0 and Valkey 8.1 answer nothing to an AUTH that they
 *    refuse while other answers are on their way, and every later answer would belong to the command before.
 * 3. A command that is refused because of the login was not executed: it is sent once more, with another login.
 * 4. A client that did not answer in time is replaced too: one that hangs while it connects would hang for ever.
 */
export class LoggedInClient implements RedisClient {
  readonly #options: LoggedInOptions;
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;
  #isRenewing = false;
  #isClosed = false;

  constructor(options: LoggedInOptions) {
    this.#options = options;
  }

  async connect(key: string): Promise<string> {
    return (await this.#current()).client.connect(key);
  }

  async call(command: string, args: readonly RedisArgument[]): Promise<unknown> {
    const session = await this.#taken();
    try {
      return await send(session, command, args);
    } catch (error) {
      if (this.#isClosed || !(isLoginRefused(error) || isOfConnection(error))) throw error;
      this.#replace(session);
      if (!isLoginRefused(error)) throw error;
      return send(await this.#taken(), command, args);
    }
  }

  isOver(): boolean {
    return this.#isClosed;
  }

  async explain(): Promise<Error | undefined> {
    return this.#session?.client.explain();
  }

  close(): void {
    this.#isClosed = true;
    this.#session?.client.close();
  }

  /** A session for one command, which keeps it open from here on. `send` gives it back. */
  async #taken(): Promise<Session> {
    let session = await this.#current();
    while (session.isRetired && !this.#isClosed) session = await this.#current();
    session.busy += 1;
    return session;
  }

  async #current(): Promise<Session> {
    const session = this.#session;
    if (session && (this.#isClosed || !session.client.isOver())) {
      if (Date.now() >= session.renewAt && !this.#isRenewing) void this.#renew(session);
      return session;
    }
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(): Promise<Session> {
    const session = await this.#openSession();
    this.#use(session);
    return session;
  }

  async #openSession(): Promise<Session> {
    const login = await this.#options.ask();
    return { client: await this.#options.open(login), renewAt: renewalOf(login), busy: 0, isRetired: false };
  }

  #use(session: Session): void {
    if (this.#session) retire(this.#session);
    this.#session = session;
    if (this.#isClosed) session.client.close();
  }

  /** The next command makes another one. */
  #replace(session: Session): void {
    if (this.#session === session) this.#session = undefined;
    retire(session);
  }

  /** Commands go on meanwhile. */
  async #renew(old: Session): Promise<void> {
    this.#isRenewing = true;
    try {
      const session = await this.#openSession();
      try {
        await session.client.connect(this.#options.key).catch(unlessForbidden);
      } catch (error) {
        session.client.close();
        throw error;
      }
      this.#use(session);
    } catch (error) {
      this.#options.log.debug(`the login to Redis could not be renewed: ${messageOf(error)}`);
      old.renewAt = Date.now() + againMs;
    } finally {
      this.#isRenewing = false;
    }
  }
}

/** Whoever may not ask for INFO is logged in. */
function unlessForbidden(error: unknown): void {
  if (!isForbidden(error)) throw error;
}

async function send(session: Session, command: string, args: readonly RedisArgument[]): Promise<unknown> {
  try {
    return await session.client.call(command, args);
  } finally {
    session.busy -= 1;
    if (session.isRetired && session.busy === 0) session.client.close();
  }
}

function retire(session: Session): void {
  session.isRetired = true;
  if (session.busy === 0) session.client.close();
}

function renewalOf({ expiresAt }: CheckedLogin): number {
  const now = Date.now();
  if (expiresAt === null) return now + longestMs;
  const lifeMs = expiresAt - now;
  return Math.min(expiresAt - Math.min(mostMarginMs, lifeMs * marginShare), now + longestMs);
}
