import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { mapped } from '../helpers/in-step.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, customers, expectInStep, type Project, type RemoteCustomer } from '../helpers/sync.ts';
import { aThirdParty, dialectConfig, type ThirdParty } from '../helpers/third-party.ts';

test('another third party with the same data costs no write and no event', async () => {
  await using other = await anotherParty(customers(30));
  await using project = await aProject({ redis, records: customers(30), dialect: 'cursor', pageSize: 7 });
  await project.reconfigure(withAdapters(other, 'acme'));
  await project.sync();
  await project.write(
    'clients.ndjson',
    customers(30)
      .reverse()
      .map((customer) => JSON.stringify(customer))
      .join('\n'),
  );
  watchWrites(project);
  const before = await traceOf(project);

  const flagged = (await project.sync(['run', '--json', '--adapter', 'other'])).json();
  expect(flagged).toMatchObject({ adapter: 'other', outcome: 'done', records: 30, pages: 8, counts: none });
  expect(other.arrivals).toHaveLength(8);
  expect(await traceOf(project)).toEqual(before);

  await project.reconfigure(withAdapters(other, 'other'));
  expect((await project.sync()).json()).toMatchObject({ adapter: 'other', outcome: 'done', records: 30, counts: none });
  await project.reconfigure(withAdapters(other, 'listed'));
  expect((await project.sync()).json()).toMatchObject({
    adapter: 'listed',
    outcome: 'done',
    records: 30,
    counts: none,
  });
  await project.reconfigure(withAdapters(other, 'acme'));
  expect((await project.sync()).json()).toMatchObject({ adapter: 'acme', outcome: 'done', records: 30, counts: none });
  expect(await traceOf(project)).toEqual(before);
  expect(writes(project)).toEqual([]);
  await expectInStep(project);
});

test('a swap in the middle of a pass starts it over at the other one, and costs nothing either', async () => {
  await using other = await anotherParty(customers(20));
  await using project = await aProject({ redis, records: customers(20), dialect: 'cursor', pageSize: 7 });
  await project.reconfigure(withAdapters(other, 'acme'));
  await project.sync();
  await project.sync(['run', '--json', '--max-pages', '1']);
  const before = await traceOf(project);
  await project.reconfigure(withAdapters(other, 'other'));

  expect((await project.sync()).json()).toMatchObject({ outcome: 'done', pages: 5, records: 20, counts: none });
  expect(await traceOf(project)).toEqual(before);
});

test('where the other one knows better, its changes say that the swap is the cause', async () => {
  const known = [...customers(18), aCustomer(19, { status: 'gold' }), aCustomer(77)];
  await using other = await anotherParty(known);
  await using project = await aProject({ redis, records: customers(20) });
  await project.reconfigure(withAdapters(other, 'acme'));
  await project.sync();
  await project.reconfigure(withAdapters(other, 'other'));
  const before = project.events().length;

  expect((await project.sync()).json().counts).toEqual({ created: 1, updated: 1, deleted: 0 });
  expect((await project.sync()).json().counts).toEqual({ created: 0, updated: 0, deleted: 1 });
  const events = project.events().slice(before);
  expect(events.map(({ type, subject, cause }) => [type, subject, cause]).toSorted()).toEqual([
    ['customers.created', '77', 'remap'],
    ['customers.deleted', '20', undefined],
    ['customers.updated', '19', 'remap'],
  ]);
  await expectInStep(project, { rows: known.map(mapped) });
});

test('a dry run with another adapter shows what the swap would change, before it does', async () => {
  await using other = await anotherParty([...customers(19), aCustomer(20, { status: 'gold' })]);
  await using project = await aProject({ redis, records: customers(20) });
  await project.reconfigure(withAdapters(other, 'acme'));
  await project.sync();
  const before = await traceOf(project);
  const plan = await project.sync(['run', '--adapter', 'other', '--dry-run', '--detailed-exitcode']);

  expect(plan.exitCode).toBe(2);
  expect(plan.stdout).toContain('state: "active" → "gold"');
  expect(await traceOf(project)).toEqual(before);
});

const none = { created: 0, updated: 0, deleted: 0 };

/** Another dialect, another shape, another order, another page size; its ids are numbers. */
async function anotherParty(records: readonly RemoteCustomer[]): Promise<ThirdParty> {
  const theirs = records.toReversed().map(({ id, contact, status, labels }) => ({
    customer_number: Number(id),
    mail: { primary: contact.email, other: [] },
    flags: { lifecycle: status },
    groups: { list: labels.map(({ name }) => ({ title: name })) },
  }));
  return aThirdParty({ records: theirs, dialect: 'page', pageSize: 4 });
}

function withAdapters(other: ThirdParty, adapter: string) {
  const map = {
    id: 'customer_number',
    email: 'mail.primary',
    state: 'flags.lifecycle',
    tags: 'groups.list[*].title',
  };
  const throttle = { per: '1ms', margin: '2ms' };
  return (config: Project['config']) => ({
    ...config,
    adapter,
    adapters: {
      ...config.adapters,
      other: {
        type: 'rest',
        baseUrl: other.url,
        throttle,
        resources: { customers: { path: '/v2/clients', ...dialectConfig('page', 4), map } },
      },
      listed: {
        type: 'file',
        throttle,
        resources: {
          customers: { path: './clients.ndjson', map: config.adapters.acme.resources.customers.map },
        },
      },
    },
  });
}

/** What must be the same where nothing was written: rows, what is known of them, events, the stream. */
async function traceOf(project: Project) {
  return {
    rows: project.rows(),
    records: project.query('SELECT * FROM _sync_records'),
    outbox: project.query('SELECT * FROM _sync_outbox'),
    lease: project.query('SELECT generation, next_seq FROM _sync_lease'),
    stream: await project.streamEvents(),
  };
}

/** From now on the system notes every write to its table. */
function watchWrites({ file }: Project): void {
  using database = new DatabaseSync(file);
  database.exec('CREATE TABLE written (what TEXT)');
  for (const what of ['INSERT', 'UPDATE', 'DELETE']) {
    database.exec(
      `CREATE TRIGGER on_${what} AFTER ${what} ON customers BEGIN INSERT INTO written VALUES ('${what}'); END`,
    );
  }
}

function writes(project: Project) {
  return project.query('SELECT what FROM written');
}
