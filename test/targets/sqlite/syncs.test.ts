import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { silentLog } from '../../../src/log.ts';
import { openSqliteReader } from '../../../src/targets/sqlite/reader.ts';
import { openSqliteDeadLetters } from '../../../src/targets/sqlite/state/dead-letters.ts';
import { openSqliteSyncs } from '../../../src/targets/sqlite/syncs/syncs.ts';
import { openSqliteTarget } from '../../../src/targets/sqlite/target.ts';
import { syncsContract } from '../../contracts/syncs.ts';

const timings = { targetBusyMs: 2000, targetBusyStepMs: 5 };

syncsContract('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cronsync-syncs-'));
  const file = join(folder, 'sync.db');
  const query = (statement: string) => {
    using database = new DatabaseSync(file, { timeout: 2000 });
    return database.prepare(statement).all();
  };
  return {
    syncs: () => openSqliteSyncs({ file, timings }),
    deadLetters: (name) => openSqliteDeadLetters({ file, name, timings }),
    open: (name) => openSqliteTarget({ file, name, timings, log: silentLog }),
    reader: (name) => openSqliteReader({ file, name }),
    async sql(statement) {
      query(statement);
    },
    rows: async (statement) => query(statement),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
});

test('a file that is not there stays so', async () => {
  const file = join(tmpdir(), `cronsync-nothing-${process.pid}.db`);
  await using syncs = openSqliteSyncs({ file, timings });
  await syncs.forget('crm', null);
  await syncs.dropTables(['customers']);
  expect(existsSync(file)).toBe(false);
});
