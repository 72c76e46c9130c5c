import { existsSync } from 'node:fs';
import type { TargetReader } from '../../target.ts';
import { defaultTimings, type Timings } from '../../timings.ts';
import { type Connection, openConnection } from './connection/connection.ts';
import { questions, type Read } from './questions.ts';
import { schemaVersion } from './schema.ts';

export interface SqliteReaderOptions {
  readonly file: string;
  /** The sync's name. */
  readonly name: string;
  readonly timings?: Pick<Timings, 'targetBusyMs' | 'targetBusyStepMs'> | undefined;
}

/** Opens a SQLite target to read from. It never makes the file or a table: what is missing reads as empty. */
export async function openSqliteReader({
  file,
  name,
  timings = defaultTimings,
}: SqliteReaderOptions): Promise<TargetReader> {
  const patience = { busyMs: timings.targetBusyMs, stepMs: timings.targetBusyStepMs };
  let connection: Connection | undefined;
  const read: Read = async (work, empty) => {
    if (!connection && !existsSync(file)) return empty;
    const open = connection ?? openConnection(file, patience, { readOnly: true });
    connection = open;
    return open.read(() => work(open, schemaVersion(open)));
  };
  const asked = questions(read, name);
  return {
    label: `sqlite:${file}`,
    ...asked,
    atOnce: (ask) => ask(asked),
    async [Symbol.asyncDispose]() {
      connection?.close();
    },
  };
}
