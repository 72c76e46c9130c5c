import { silentLog } from '../../../src/log.ts';
import { openPostgresReader } from '../../../src/targets/postgres/reader.ts';
import { openPostgresTarget } from '../../../src/targets/postgres/target.ts';
import { defaultTimings } from '../../../src/timings.ts';
import { cluesContract } from '../../contracts/clues.ts';
import { slotKeeperContract } from '../../contracts/slots.ts';
import { type TargetWorld, targetContract } from '../../contracts/target.ts';
import { aPostgres } from '../../helpers/postgres.ts';

const timings = { ...defaultTimings, targetBusyMs: 2000, targetBusyStepMs: 5 };

const world = async (): Promise<TargetWorld> => {
  const database = await aPostgres();
  const { url } = database;
  return {
    open: (name) => openPostgresTarget({ url, schema: 'public', name, timings, log: silentLog }),
    reader: (name) => openPostgresReader({ url, schema: 'public', name }),
    sql: database.sql,
    rows: database.rows,
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
};
targetContract('Postgres', world);
cluesContract('Postgres', world);

slotKeeperContract('Postgres', async () => {
  const database = await aPostgres();
  const openAs = (name: string) =>
    openPostgresTarget({
      url: database.url,
      schema: 'public',
      name,
      timings: { ...timings, targetBusyMs: 30_000 },
      log: silentLog,
    });
  const targets = [await openAs('crm'), await openAs('billing'), await openAs('third')];
  const [keeper, ...others] = targets.map(({ slots }) => slots);
  if (!keeper) throw new Error('no target was opened');
  return {
    keeper,
    others,
    async close() {
      for (const target of targets) await target[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
});
