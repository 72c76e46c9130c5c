import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { aFaultProxy } from '../../../helpers/fault-proxy.ts';
import { aPostgres } from '../../../helpers/postgres.ts';
import { redis } from '../../../helpers/suite-redis.ts';
import { aProject, type BaseConfig, customers } from '../../../helpers/sync.ts';
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

/** The database is on a disk of three megabytes, which somebody else has filled. */
export const diskFull: Provoke = async (opened) => {
  const onSmallDisk = (config: BaseConfig) => ({ ...config, target: { type: 'sqlite', file: './data/sync.db' } });
  const project = opened.use(await aProject({ redis, records: customers(3), config: onSmallDisk }));
  const disk = join(project.dir, 'data');
  await mkdir(disk);
  await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'none', disk]);
  opened.defer(async () => void (await promisify(execFile)('umount', ['--lazy', disk])));
  await project.sync();
  await writeFile(join(disk, 'other'), Buffer.alloc(4_000_000)).catch(() => {});
  project.serve(customers(200));
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
