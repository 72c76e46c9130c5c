import { silentLog } from '../../../src/log.ts';
import { openPostgresReader } from '../../../src/targets/postgres/reader.ts';
import { openPostgresDeadLetters } from '../../../src/targets/postgres/state/dead-letters.ts';
import { openPostgresSyncs } from '../../../src/targets/postgres/syncs/syncs.ts';
import { openPostgresTarget } from '../../../src/targets/postgres/target.ts';
import { defaultTimings } from '../../../src/timings.ts';
import { syncsContract } from '../../contracts/syncs.ts';
import { aPostgres } from '../../helpers/postgres.ts';

const timings = { ...defaultTimings, targetBusyMs: 2000, targetBusyStepMs: 5 };

syncsContract('Postgres', async () => {
  const { url, sql, rows, ...database } = await aPostgres();
  const at = { url, schema: 'public', timings };
  return {
    sql,
    rows,
    syncs: () => openPostgresSyncs(at),
    deadLetters: (name) => openPostgresDeadLetters({ ...at, name }),
    open: (name) => openPostgresTarget({ ...at, name, log: silentLog }),
    reader: (name) => openPostgresReader({ ...at, name }),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
});
