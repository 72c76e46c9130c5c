import { existsSync } from 'node:fs';
import type { TargetReader } from '../../target.ts';
import { type Connection, openConnection } from './connection/connection.ts';
import type { Patience } from './connection/patience.ts';
import { questions, type Read } from './questions.ts';
import { schemaVersion } from './schema.ts';

export interface SqliteReaderOptions {
  readonly file: string;
  /** The sync's name. */
  readonly name: string;
}

const readerPatience: Patience = { busyMs: 5000, stepMs: 25 };

/** Opens a SQLite target to read from. It never makes the file or a table: what is missing reads as empty. */
export async function openSqliteReader({ file, name }: SqliteReaderOptions): Promise<TargetReader> {
  let connection: Connection | undefined;
  const read: Read = async (work, empty) => {
    if (!connection && !existsSync(file)) return empty;
    const open = connection ?? openConnection(file, readerPatience, { readOnly: true });
    connection = open;
    return open.read(() => work(open, schemaVersion(open)));
  };
  return {
    label: `sqlite:${file}`,
    ...questions(read, name),
    async [Symbol.asyncDispose]() {
      connection?.close();
    },
  };
}
