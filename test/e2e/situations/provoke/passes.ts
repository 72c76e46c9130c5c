import { DatabaseSync } from 'node:sqlite';
import { redis } from '../../../helpers/suite-redis.ts';
import { aProject, customers } from '../../../helpers/sync.ts';
import type { Situation } from '../situation.ts';

type Provoke = Situation['provoke'];

const pages = { dialect: 'page', pageSize: 2 } as const;
const onePage = ['run', '--json', '--max-pages', '1'];

export const healthy: Provoke = async (opened) => {
  const project = opened.use(await aProject({ redis, records: customers(3) }));
  await project.sync();
  await project.sync();
  return { project };
};

export const firstLoad: Provoke = async (opened) => {
  const project = opened.use(await aProject({ redis, records: customers(10), ...pages }));
  await project.sync(onePage);
  return { project };
};

/** The last complete pass is recent, and the next one is under way. */
export const partialPass: Provoke = async (opened) => {
  const project = opened.use(await aProject({ redis, records: customers(10), ...pages }));
  await project.sync();
  await project.sync(onePage);
  return { project };
};

export const guardHeld: Provoke = async (opened) => {
  const project = opened.use(await aProject({ redis, records: customers(20) }));
  await project.sync();
  project.serve(customers(10));
  await project.sync();
  return { project };
};

export const drift: Provoke = async (opened) => {
  const project = opened.use(await aProject({ redis, records: customers(12) }));
  await project.sync();
  using database = new DatabaseSync(project.file, { timeout: 5000 });
  database.exec('DELETE FROM customers');
  await project.sync();
  return { project };
};

export const incompleteListing: Provoke = async (opened) => {
  const project = opened.use(await aProject({ redis, records: customers(10), dialect: 'cursor', pageSize: 20 }));
  await project.sync();
  project.party.serveBy((_url, records) => {
    return { body: { data: records.slice(0, 8), meta: { total: records.length, next: null } } };
  });
  await project.sync();
  return { project };
};
