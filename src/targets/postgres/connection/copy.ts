import pg, { type Client, type Connection } from 'pg';

/** COPY FROM STDIN. Returns how many rows were written. */
export function copyLines(client: Client, statement: string, lines: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const settle = (error: unknown, rows: number): void => (error ? reject(error) : resolve(rows));
    client.query(new Copy(statement, lines, settle));
  });
}

/**
 * Sends the statement and all lines together, and does not wait in between until the server asks for them. If it refuses the
 * statement, it drops the lines (PostgreSQL documentation, 54.2.6, "COPY Operations").
 */
class Copy extends pg.Query {
  /** Called once by the driver, which puts the end of its timer around it. */
  callback: (error: unknown, result?: { readonly rowCount: number | null }) => void;
  override readonly submit: (connection: Connection) => void;

  constructor(statement: string, lines: Buffer, settle: (error: unknown, rows: number) => void) {
    super(statement);
    this.callback = (error, result) => settle(error, result?.rowCount ?? 0);
    this.submit = (connection) => submit(connection, statement, lines);
  }

  handleCopyInResponse(): void {}
}

function submit(connection: Connection, statement: string, data: Buffer): void {
  const { stream } = connection;
  stream.cork();
  connection.query(statement);
  stream.write(headerOf('d', data.length));
  stream.write(data);
  stream.write(headerOf('c', 0));
  stream.uncork();
}

/** The head of a message: its type, and the length of what follows, which includes itself. */
function headerOf(type: 'c' | 'd', length: number): Buffer {
  const header = Buffer.alloc(5);
  header.write(type, 'latin1');
  header.writeUInt32BE(length + 4, 1);
  return header;
}
