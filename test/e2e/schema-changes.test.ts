import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, customers, type Project } from '../helpers/sync.ts';

async function schemaOf(project: Project) {
  const { stdout } = await project.sync(['status', '--json']);
  const { fields, alwaysNull, changes } = JSON.parse(stdout).resources[0].schema;
  return { fields, alwaysNull, changes: changes.map(({ is, path }: Record<string, string>) => `${is} ${path}`) };
}

async function warningsOf(project: Project): Promise<readonly string[]> {
  const { exitCode, json } = await project.sync();
  expect(exitCode).toBe(0);
  return json().warnings;
}

/** Reads `customers` by an adapter of another type than `rest`. */
function readBy(adapter: object) {
  return (config: BaseConfig) => {
    const throttle = { ...config.adapters.acme.throttle, key: config.name };
    return { ...config, adapters: { acme: { throttle, ...adapter } } };
  };
}

test.each(['sqlite', 'postgres'] as const)(
  'a third party whose records change their shape is a warning once, and stays in status (%s)',
  async (target) => {
    const records = customers(8).map((customer) => ({ ...customer, fax: '1', note: null }));
    await using project = await aProject({ redis, target, records });
    expect(await warningsOf(project)).toEqual([]);
    expect(await schemaOf(project)).toEqual({ fields: 9, alwaysNull: ['note'], changes: [] });

    project.serve(
      customers(8).map(({ contact, ...rest }) => ({ ...rest, mail: contact.email, note: null, tel: { home: 1 } })),
    );
    const { warnings } = (await project.sync()).json();
    // What the map uses is reported by its expression, and not a second time.
    expect(warnings.filter((warning) => warning.includes('look different'))).toEqual([
      'the records of customers look different: `fax` is gone; `mail` is new (string); `tel` is new (object); "cronsync status --json" keeps the last changes',
    ]);
    expect(warnings).toContainEqual(
      expect.stringContaining('`contact.email`, which fills email, was in none of 8 records'),
    );

    const { warnings: next } = (await project.sync()).json();
    expect(next.filter((warning) => warning.includes('look different'))).toEqual([]);
    expect(await schemaOf(project)).toMatchObject({
      changes: ['gone contact', 'gone fax', 'new mail', 'new tel'],
    });
  },
);

test('the columns of a file, and the records of a tap, have a shape too', async () => {
  const csv = (...columns: readonly string[]) =>
    [columns, ...customers(6).map(({ id }) => columns.map(() => id))].map((row) => row.join(',')).join('\n');
  await using project = await aProject({ redis });
  await project.write('customers.csv', csv('id', 'email', 'fax'));
  await project.reconfigure(
    readBy({ type: 'file', resources: { customers: { path: 'customers.csv', map: { id: 'id' } } } }),
  );
  expect(await warningsOf(project)).toEqual([]);
  await project.write('customers.csv', csv('id', 'email', 'tel'));
  expect(await warningsOf(project)).toEqual([expect.stringContaining('`fax` is gone; `tel` is new (string);')]);

  const tap = (fields: object) => `
    console.log(JSON.stringify({ type: 'SCHEMA', stream: 'customers', schema: {}, key_properties: ['id'] }));
    for (let id = 1; id <= 6; id += 1)
      console.log(JSON.stringify({ type: 'RECORD', stream: 'customers', record: { id: String(id), ...${JSON.stringify(fields)} } }));`;
  await project.write('tap.mjs', tap({ code: 1 }));
  const command = [process.execPath, 'tap.mjs'];
  await project.reconfigure(
    readBy({ type: 'singer', command, resources: { customers: { stream: 'customers', map: { id: 'id' } } } }),
  );
  // Another third party is compared with nothing.
  expect(await warningsOf(project)).toEqual([]);
  await project.write('tap.mjs', tap({ code: 'one' }));
  expect(await warningsOf(project)).toEqual([expect.stringContaining('`code` is string, and was number;')]);
  expect(await schemaOf(project)).toMatchObject({ changes: ['other-type code', 'gone fax', 'new tel'] });
});
