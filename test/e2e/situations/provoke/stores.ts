import { aFaultProxy } from '../../../helpers/fault-proxy.ts';
import { aPostgres } from '../../../helpers/postgres.ts';
import { redis } from '../../../helpers/suite-redis.ts';
import { aProject, customers } from '../../../helpers/sync.ts';
import { clockAt } from '../clock.ts';
import type { Situation } from '../situation.ts';

type Provoke = Situation['provoke'];

export const redisDown: Provoke = (opened) => withStoresAway(opened, { redis: true, database: false });
export const databaseDown: Provoke = (opened) => withStoresAway(opened, { redis: false, database: true });
export const bothDown: Provoke = (opened) => withStoresAway(opened, { redis: true, database: true });

/** Both stores are behind proxies, which refuse connections once the first run is over. */
async function withStoresAway(
  opened: AsyncDisposableStack,
  away: { readonly redis: boolean; readonly database: boolean },
) {
  const database = opened.use(await aPostgres());
  const toDatabase = opened.use(await aFaultProxy(database.port));
  const toRedis = opened.use(await aFaultProxy(redis.port));
  const target = { ...database, url: database.urlFor({ port: toDatabase.port }) };
  const throughProxy = { url: `redis://127.0.0.1:${toRedis.port}`, client: redis.client };
  const project = opened.use(await aProject({ redis: throughProxy, target, records: customers(3) }));
  await project.sync();
  if (away.redis) await toRedis.goAway();
  if (away.database) await toDatabase.goAway();
  await project.sync();
  return { project };
}

/** The database refuses rows as Postgres does on a full disk. */
export const diskFull: Provoke = async (opened) => {
  const database = opened.use(await aPostgres());
  const project = opened.use(await aProject({ redis, target: database, records: customers(3) }));
  await project.sync();
  await database.sql(`
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      RAISE EXCEPTION 'could not extend file "base/5/16385": No space left on device' USING ERRCODE = 'disk_full';
    END $$;
    CREATE TRIGGER full_disk BEFORE INSERT ON customers FOR EACH ROW EXECUTE FUNCTION full_disk()`);
  project.serve(customers(4));
  await project.sync();
  return { project };
};

/** The clock of this host is an hour ahead of that of Redis. */
export const clockOff: Provoke = async (opened) => {
  const env = await clockAt(60);
  const project = opened.use(await aProject({ redis, records: customers(3) }));
  await project.sync(['run'], { env });
  return { project, env };
};
