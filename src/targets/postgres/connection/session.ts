import pg, { type Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Address } from './address.ts';

export type Row = Readonly<Record<string, string | null>>;
export type ListedRow = readonly (string | null)[];
export type Parameter = string | number | boolean | null | Uint8Array;

/** Runs statements inside a transaction. Every value comes back as its text. */
export interface Session {
  query(text: string, values?: readonly Parameter[]): Promise<Answer>;
  /** The same for thousands of rows: each comes as the list of its values, which costs less than an object. */
  list(text: string, values: readonly Parameter[]): Promise<readonly ListedRow[]>;
  /** COPY FROM STDIN. Returns how many rows were written. */
  copy(statement: string, lines: string): Promise<number>;
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
export function createClient(
  { client }: Address,
  applicationName: string,
  { connectMs, silenceMs }: ClientTimes,
): Client {
  return new pg.Client({
    ...client,
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
    copy: (statement, lines) =>
      new Promise((resolve, reject) => {
        const stream = client.query(copyFrom(statement));
        // A stream that was given up fails once more when its connection is torn down.
        stream.on('error', reject);
        stream.once('finish', () => resolve(stream.rowCount));
        stream.end(lines);
      }),
  };
}

/** Tears down a client whose connection is lost. Nobody waits for its end, which may never come. */
export function letGo(client: Client): void {
  client.on('error', () => {});
  client.end().catch(() => {});
  client.connection.stream.destroy();
}
