import { redis } from '../../../helpers/suite-redis.ts';
import { aProject, type BaseConfig, customers } from '../../../helpers/sync.ts';
import { runAt } from '../clock.ts';
import type { Situation } from '../situation.ts';

type Provoke = Situation['provoke'];

export const refusesForAnHour: Provoke = async (opened) => {
  const project = opened.use(await aProject({ redis, records: customers(3) }));
  await runAt(project, [61]);
  project.party.serveBy(() => ({ status: 503 }));
  await runAt(project, [60, 50, 40, 30, 20, 10, 1]);
  return { project };
};

export const tokenExpired: Provoke = async (opened) => {
  const config = ({ adapters: { acme }, ...rest }: BaseConfig) => {
    const auth = { type: 'bearer', token: '${ACME_TOKEN}' };
    return { ...rest, adapters: { acme: { ...acme, auth } } };
  };
  const env = { ACME_TOKEN: 'expired-0123456789' };
  const project = opened.use(await aProject({ redis, records: customers(3), config }));
  await runAt(project, [70], env);
  project.party.serveBy(() => ({ status: 401 }));
  await runAt(project, [60, 45, 30, 15, 1], env);
  return { project, env };
};
