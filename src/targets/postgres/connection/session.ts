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
}

export interface Answer {
  readonly rows: readonly Row[];
  readonly count: number;
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
    types: asText as unknown as pg.CustomTypesConfig,
  });
}

export function sessionOn(client: Client): Session {
  return {
    async query(text, values) {
      const answer: pg.QueryResult<Row> | pg.QueryResult<Row>[] = await client.query(text, values as unknown[]);
      const last = Array.isArray(answer) ? answer.at(-1) : answer;
      return { rows: last?.rows ?? [], count: last?.rowCount ?? 0 };
    },
    async list(text, values) {
      const { rows } = await client.query<(string | null)[]>({ text, values: [...values], rowMode: 'array' });
      return rows;
    },
    copy: (statement, lines) => copyLines(client, statement, lines),
  };
}

/** Tears down a client whose connection is lost. Nobody waits for its end, which may never come. */
export function letGo(client: Client): void {
  client.on('error', () => {});
  client.end().catch(() => {});
  client.connection.stream.destroy();
}
