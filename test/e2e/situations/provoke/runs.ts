import { redis } from '../../../helpers/suite-redis.ts';
import { aProject, type BaseConfig, customers } from '../../../helpers/sync.ts';
import { clockAt, runAt } from '../clock.ts';
import type { Situation } from '../situation.ts';

type Provoke = Situation['provoke'];

/** Each run dies at the end of its pass, as by a time limit. */
export const killedEveryMinute: Provoke = async (opened) => {
  const project = opened.use(await aProject({ redis, records: customers(3) }));
  await runAt(project, [8]);
  for (const minutes of [5, 4, 3, 2, 1]) {
    const env = { SYNC_CRASH_AT: 'before-sweep', ...(await clockAt(-minutes)) };
    await project.sync(['run'], { env });
    // The lock of a run that is killed is gone by the next minute.
    await redis.client.del(project.lockKey);
  }
  return { project };
};

export const cronMissing: Provoke = async (opened) => {
  const project = opened.use(await aProject({ redis, records: customers(3) }));
  await runAt(project, [64, 63, 62, 61]);
  return { project };
};

export const paused: Provoke = async (opened) => {
  const project = opened.use(await aProject({ redis, records: customers(3) }));
  await project.sync();
  await project.sync(['pause', '--for', '2h', '--reason', 'their migration']);
  await project.sync();
  return { project };
};

/** Another sync of the same account has taken the one slot of the day. */
export const starved: Provoke = async (opened) => {
  const project = opened.use(await aProject({ redis, records: customers(3) }));
  await runAt(project, [12]);
  const key = `shared-${project.name}`;
  const other = opened.use(await aProject({ redis, records: customers(1), config: throttledBy({ key, per: '1d' }) }));
  await other.sync();
  await project.reconfigure(throttledBy({ key, per: '1s', wait: '10ms' }));
  await runAt(project, [9, 8, 7, 6, 5, 4, 3, 2, 1]);
  return { project };
};

function throttledBy(throttle: object) {
  return ({ adapters: { acme }, ...config }: BaseConfig) => ({ ...config, adapters: { acme: { ...acme, throttle } } });
}
