import type { Client, Connection, Submittable } from 'pg';

/** COPY FROM STDIN. Returns how many rows were written. */
export function copyLines(client: Client, statement: string, lines: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    client.query(new Copy(statement, lines, { resolve, reject }));
  });
}

interface Settled {
  readonly resolve: (rows: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Sends the statement and all lines together, and does not wait in between until the server asks for them. If it refuses the
 * statement, it drops the lines (PostgreSQL documentation, 54.2.6, "COPY Operations").
 */
class Copy implements Submittable {
  /** The driver puts the end of its timer here. */
  callback: () => void = () => {};
  readonly #statement: string;
  readonly #lines: Buffer;
  readonly #settled: Settled;
  #rows = 0;

  constructor(statement: string, lines: Buffer, settled: Settled) {
    this.#statement = statement;
    this.#lines = lines;
    this.#settled = settled;
  }

  submit(connection: Connection): void {
    const { stream } = connection;
    stream.cork();
    connection.query(this.#statement);
    stream.write(headerOf('d', this.#lines.length));
    stream.write(this.#lines);
    stream.write(headerOf('c', 0));
    stream.uncork();
  }

  handleCopyInResponse(): void {}

  /** Its tag is `COPY` and the number of rows. */
  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#rows = Number(/^COPY (\d+)/.exec(text)?.[1] ?? 0);
  }

  handleReadyForQuery(): void {
    this.callback();
    this.#settled.resolve(this.#rows);
  }

  /** Called again when the connection of a statement that was given up is torn down. */
  handleError(error: unknown): void {
    this.callback();
    this.#settled.reject(error);
  }
}

/** The head of a message: its type, and the length of what follows, which includes itself. */
function headerOf(type: 'c' | 'd', length: number): Buffer {
  const header = Buffer.alloc(5);
  header.write(type, 'latin1');
  header.writeUInt32BE(length + 4, 1);
  return header;
}
