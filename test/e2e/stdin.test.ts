import { zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig } from '../helpers/sync.ts';

const fromFile = (resource: object) => (config: BaseConfig) => ({
  ...config,
  adapters: { acme: { type: 'file', resources: { customers: resource } } },
});
const csv = 'id,email\n1,a@example.com\n2,b@example.com\n';

test('a file that is piped in takes no slot, and one that is not there again deletes nothing', async () => {
  await using project = await aProject({ redis, config: fromFile({ path: '-', format: 'csv' }) });
  const first = await project.sync(undefined, { stdin: csv });
  expect(first.json()).toMatchObject({ exitCode: 0, hits: 0, counts: { created: 2 } });
  expect((await project.sync()).exitCode).not.toBe(0);
  expect(project.rows().map(({ id, deleted_at }) => [id, deleted_at])).toEqual([
    ['1', null],
    ['2', null],
  ]);
});

test('two resources cannot both read what is piped in', async () => {
  await using project = await aProject({
    redis,
    config: (config) => {
      const resource = { path: '-', format: 'csv' };
      const { customers } = config.resources;
      return {
        ...fromFile({})(config),
        resources: { customers, others: customers },
        adapters: { acme: { type: 'file', resources: { customers: resource, others: resource } } },
      };
    },
  });
  const run = await project.sync(undefined, { stdin: csv });
  expect(run.json()).toMatchObject({ exitCode: 78, counts: { created: 2 } });
  expect(run.json().errors[0]?.message).toMatch(/stdin was read already/);
});

test('a file packed with Zstandard is read like any other', async () => {
  await using project = await aProject({ redis, config: fromFile({ path: './customers.csv.zst' }) });
  const { writeFile } = await import('node:fs/promises');
  await writeFile(`${project.dir}/customers.csv.zst`, zstdCompressSync(csv));
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0, counts: { created: 2 } });
});
