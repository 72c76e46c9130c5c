import pg, { type Client } from 'pg';
import type { Address } from './address.ts';
import { copyLines } from './copy.ts';

export type Row = Readonly<Record<string, string | null>>;
export type ListedRow = readonly (string | null)[];
export type Parameter = string | number | boolean | null | Uint8Array;

/** Runs statements inside a transaction. Every value comes back as its text. */
export interface Session {
  query(text: string, values?: readonly Parameter[]): Promise<Answer>;
  /** The same for thousands of rows: each comes as the list of its values, which costs less than an object. */
  list(text: string, values: readonly Parameter[]): Promise<readonly ListedRow[]>;
  /** COPY FROM STDIN, of lines in the text format. Returns how many rows were written. */
  copy(statement: string, lines: Buffer): Promise<number>;
  /**
   * Sends a statement whose answer says nothing. Nobody waits for it: it travels with the next statement, and if it fails, so
   * does that one. A transaction is not committed unless all of these succeeded.
   */
  send(text: string, values?: readonly Parameter[]): void;
  /** How long each statement so far took that was waited for. */
  waits(): readonly number[];
}

export interface Answer {
  readonly rows: readonly Row[];
  readonly count: number;
  /** What the server says that it has done. */
  readonly command: string;
}

export interface ClientTimes {
  readonly connectMs: number;
  /** A server that is silent for this long is given up. */
  readonly silenceMs: number;
}

const asText = { getTypeParser: () => (text: string) => text };

/** A client that is not connected yet. At its start it sends nothing that a pooler would refuse. */
export async function createClient(
  { client, login }: Address,
  applicationName: string,
  { connectMs, silenceMs }: ClientTimes,
): Promise<Client> {
  const { user, host, port } = client;
  const known = await login?.({ username: user, host, port });
  return new pg.Client({
    ...client,
    ...(known && { password: known.password, ...(known.username !== undefined && { user: known.username }) }),
    application_name: applicationName,
    connectionTimeoutMillis: connectMs,
    query_timeout: silenceMs,
    keepAlive: true,
    pipeline: true,
    types: asText as unknown as pg.CustomTypesConfig,
  });
}

export function sessionOn(client: Client): Session {
  return new ClientSession(client);
}

class ClientSession implements Session {
  readonly #client: Client;
  /** What was sent and is not answered, or whose answer nobody has waited for yet, in its order. */
  #sent: readonly Promise<unknown>[] = [];
  #isHolding = false;
  readonly #waits: number[] = [];

  constructor(client: Client) {
    this.#client = client;
  }

  async query(text: string, values?: readonly Parameter[]): Promise<Answer> {
    this.#hold();
    const answer: pg.QueryResult<Row> | pg.QueryResult<Row>[] = await this.#answer(
      this.#client.query(text, values as unknown[]),
    );
    const last = Array.isArray(answer) ? answer.at(-1) : answer;
    return { rows: last?.rows ?? [], count: last?.rowCount ?? 0, command: last?.command ?? '' };
  }

  async list(text: string, values: readonly Parameter[]): Promise<readonly ListedRow[]> {
    this.#hold();
    const query = { text, values: [...values], rowMode: 'array' } as const;
    const { rows } = await this.#answer(this.#client.query<(string | null)[]>(query));
    return rows;
  }

  copy(statement: string, lines: Buffer): Promise<number> {
    return this.#answer(copyLines(this.#client, statement, lines));
  }

  send(text: string, values?: readonly Parameter[]): void {
    this.#hold();
    const sent = this.#client.query(text, values as unknown[]);
    sent.catch(() => {});
    this.#sent = [...this.#sent, sent];
  }

  waits(): readonly number[] {
    return this.#waits;
  }

  /** What is sent in one turn leaves in one packet, at its end. */
  #hold(): void {
    if (this.#isHolding) return;
    this.#isHolding = true;
    const { stream } = this.#client.connection;
    stream.cork();
    process.nextTick(() => {
      this.#isHolding = false;
      stream.uncork();
    });
  }

  /** The first failure counts: what was sent behind it is refused because of it. */
  async #answer<T>(asked: Promise<T>): Promise<T> {
    const before = this.#sent;
    this.#sent = [...before, asked];
    asked.catch(() => {});
    const askedAt = performance.now();
    try {
      for (const sent of before) await sent;
      return await asked;
    } finally {
      this.#waits.push(performance.now() - askedAt);
      this.#sent = this.#sent.filter((sent) => sent !== asked && !before.includes(sent));
    }
  }
}

/** Tears down a client whose connection is lost. Nobody waits for its end, which may never come. */
export function letGo(client: Client): void {
  client.on('error', () => {});
  client.end().catch(() => {});
  client.connection.stream.destroy();
}
