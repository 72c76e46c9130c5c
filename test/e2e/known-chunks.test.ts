import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers, type Project } from '../helpers/sync.ts';

/** Whether something is known of the last pass's chunks. */
const knows = async (project: Project) => {
  const [row] = await project.database.query(
    "SELECT checkpoint, chunks FROM _sync_passes WHERE resource = 'customers'",
  );
  const { chunks = null } = JSON.parse(String(row?.checkpoint));
  return chunks !== null && row?.chunks !== null;
};

/** As somebody else does. */
function changeAllEmails({ file }: Project): void {
  using database = new DatabaseSync(file, { timeout: 5000 });
  database.exec("UPDATE customers SET email = 'other@example.com'");
}

test('what is byte-identical is passed over: nothing is written, drift is found, and what is gone is deleted', async () => {
  await using project = await aProject({ redis, records: customers(1200) });
  expect((await project.sync()).json()).toMatchObject({ counts: { created: 1200 } });
  expect(await knows(project)).toBe(true);

  changeAllEmails(project);
  const drifted = (await project.sync(['run', '--json'])).json<{ warnings: readonly string[] }>();
  expect(drifted).toMatchObject({ records: 1200, counts: { created: 0, updated: 0, deleted: 0 } });
  expect(drifted.warnings.join()).toContain('differ');
  expect(await knows(project)).toBe(true);

  await project.sync(['verify', '--repair']);
  expect(await knows(project)).toBe(false);
  expect((await project.sync()).json()).toMatchObject({ counts: { created: 0, updated: 1200, deleted: 0 } });

  project.serve(customers(1200).slice(1));
  expect((await project.sync()).json()).toMatchObject({
    records: 1199,
    counts: { created: 0, updated: 0, deleted: 1 },
  });
});

test('nothing is known of chunks whose records a transform changes', async () => {
  await using project = await aProject({ redis, records: customers(1200) });
  await project.write('./same.ts', 'export default (record: unknown) => record');
  await project.reconfigure((config) => {
    const { acme } = config.adapters;
    const resources = { customers: { ...acme.resources.customers, transform: './same.ts' } };
    return { ...config, adapters: { acme: { ...acme, resources } } };
  });
  await project.sync();
  expect(await knows(project)).toBe(false);
});
