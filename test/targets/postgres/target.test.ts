import { readFileSync } from 'node:fs';
import { silentLog } from '../../../src/log.ts';
import { openPostgresReader } from '../../../src/targets/postgres/reader.ts';
import { openPostgresTarget } from '../../../src/targets/postgres/target.ts';
import { defaultTimings } from '../../../src/timings.ts';
import { bookContract } from '../../contracts/book.ts';
import { chunksContract } from '../../contracts/chunks.ts';
import { cluesContract } from '../../contracts/clues.ts';
import { lefts, migrationContract } from '../../contracts/migration.ts';
import { outboxContract } from '../../contracts/outbox.ts';
import { refreshTokensContract } from '../../contracts/refresh-tokens.ts';
import { keepersOf, slotKeeperContract } from '../../contracts/slots.ts';
import { type TargetWorld, targetContract } from '../../contracts/target.ts';
import { aPostgres, type PostgresDatabase } from '../../helpers/postgres.ts';

const timings = { ...defaultTimings, targetBusyMs: 2000, targetBusyStepMs: 5 };

const worldOn = async (database: PostgresDatabase): Promise<TargetWorld> => {
  const { url } = database;
  return {
    open: (name) => openPostgresTarget({ url, schema: 'public', name, timings, log: silentLog }),
    reader: (name) => openPostgresReader({ url, schema: 'public', name }),
    sql: database.sql,
    rows: database.rows,
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
};
const world = async () => worldOn(await aPostgres());

targetContract('Postgres', world);
bookContract('Postgres', world);
outboxContract('Postgres', world);
chunksContract('Postgres', world, 3);
refreshTokensContract('Postgres', world);
for (const left of lefts) {
  migrationContract('Postgres', left, async () => {
    const database = await aPostgres();
    await database.sql(readFileSync(`test/fixtures/${left.folder}/postgres.sql`, 'utf8'));
    return worldOn(database);
  });
}
cluesContract('Postgres', world);

slotKeeperContract('Postgres', async () => {
  const database = await aPostgres();
  const { url } = database;
  const patient = { ...timings, targetBusyMs: 30_000 };
  const openAs = (name: string) =>
    openPostgresTarget({ url, schema: 'public', name, timings: patient, log: silentLog });
  return keepersOf(openAs, () => database[Symbol.asyncDispose]());
});
