import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Summary } from '../../src/run/summary.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, type BaseConfig, customers, expectInStep, type Project } from '../helpers/sync.ts';
import type { Arrival, Scripted } from '../helpers/third-party.ts';

test('a pass of forty pages takes forty runs on two hosts, and deletes at its end only', async () => {
  await using project = await aProject({
    redis,
    records: customers(200),
    dialect: 'cursor',
    pageSize: 5,
    config: stable,
  });
  await project.write('other-host/sync.config.json', { ...stable(project.config), target: theirs });
  expect((await project.sync()).json()).toMatchObject({ outcome: 'done', pages: 40, counts: { created: 200 } });

  project.serve([...customers(195, 4), ...customers(5, 201)].toSorted((a, b) => Number(a.id) - Number(b.id)));
  const hosts = [project.dir, join(project.dir, 'other-host')];
  const outcomes: string[] = [];
  for (let page = 1; page < 40; page += 1) {
    const { exitCode, json } = await project.sync(onePage, { cwd: hosts[page % 2] ?? '' });
    expect(exitCode).toBe(0);
    outcomes.push(json().outcome);
  }
  expect(outcomes).toEqual(Array(39).fill('partial'));
  expect(project.events('customers.deleted')).toEqual([]);

  const last = (await project.sync(onePage)).json();
  expect(last).toMatchObject({ outcome: 'done', pages: 1, hits: 1, counts: { deleted: 5 } });
  expect(last.resources).toMatchObject([{ pass: 2, pages: 40, records: 200, phase: 'done' }]);
  expect(project.events('customers.deleted').map(({ subject }) => subject)).toEqual(['1', '2', '3', '199', '200']);
  await expectInStep(project);
});

test.each(['rest', 'file'] as const)(
  'part of a list (206) is not a page of a %s adapter: nothing is deleted',
  async (type) => {
    const whole = customers(110);
    await using project = await aProject({ redis, records: whole, config: (config) => readBy(type, config) });
    expect((await project.sync()).json()).toMatchObject({ counts: { created: 110 } });
    const part = { status: 206, headers: { 'content-range': 'items 0-94/110' }, body: whole.slice(0, 95) };
    project.party.script(part);

    const { exitCode, json } = await project.sync();
    expect(exitCode).toBe(76);
    expect(json().errors).toMatchObject([
      { message: expect.stringContaining('206 (Partial Content, items 0-94/110)') },
    ]);
    expect(project.events('customers.deleted')).toEqual([]);
    await expectInStep(project);
  },
);

test.each(['page', 'offset'] as const)(
  'an API that lowers its page size below that of the %s pagination loses no row',
  async (dialect) => {
    const withoutTotal = (config: BaseConfig) => {
      const { total: _total, ...customers } = { total: '', ...config.adapters.acme.resources.customers };
      const acme = { ...config.adapters.acme, resources: { customers } };
      return { ...config, guard: { maxDeletes: '100%', confirm: 1 }, adapters: { acme } };
    };
    const config = (written: BaseConfig) => withoutTotal(written);
    await using project = await aProject({ redis, records: customers(9), dialect, pageSize: 8, config });
    expect(await untilDone(project)).toMatchObject({ counts: { created: 9 } });
    project.party.serveBy((url, records) => {
      const [asked, most] = [Number(url.searchParams.get(dialect) ?? 0), 4];
      const from = dialect === 'page' ? (asked - 1) * most : asked;
      return { body: { data: records.slice(from, from + most) } };
    });

    await project.sync();
    await project.sync();
    expect(project.events('customers.deleted')).toEqual([]);
    await expectInStep(project);
  },
);

test('a short page costs no second hit while its pass brings as many records as the last one', async () => {
  const config = (written: BaseConfig) => withResource(written, { total: undefined });
  await using project = await aProject({ redis, records: customers(3), dialect: 'page', pageSize: 5, config });
  const hits = async () => (await project.sync()).json().hits;
  expect([await hits(), await hits()]).toEqual([2, 1]);
  project.serve(customers(4));
  expect([await hits(), await hits()]).toEqual([2, 1]);
  await expectInStep(project);
});

test('a next page that the config does not read is a warning of the run, and of the dry run', async () => {
  const config = (written: BaseConfig) => withResource(written, { pagination: { type: 'none' } });
  await using project = await aProject({ redis, records: customers(6), dialect: 'cursor', pageSize: 2, config });
  const warning = 'the answer for customers has more pages (`meta.next`)';
  expect((await project.sync()).json().warnings).toEqual(expect.arrayContaining([expect.stringContaining(warning)]));
  expect((await project.sync(['run', '--dry-run'])).stderr).toContain(warning);
});

test('an expression that finds nothing in the whole first pass is a warning with the nearest name', async () => {
  const misspelt = { id: 'id', email: 'contact.emial', state: 'status' };
  const config = (written: BaseConfig) => withResource(written, { map: misspelt });
  await using project = await aProject({ redis, records: customers(6), dialect: 'cursor', pageSize: 2, config });
  const warning =
    'of customers, `contact.emial`, which fills email, was in none of 6 records; did you mean `contact.email`?';
  expect((await project.sync(['run', '--dry-run'])).stderr).toContain(warning);
  const first = (await project.sync(onePage)).json();
  expect(first.warnings).toEqual([]);
  expect((await untilDone(project)).warnings).toContain(warning);
  expect((await untilDone(project)).warnings).toEqual([]);
});

test('an expression that finds nothing in a page, where it found something in every page before, is a warning at once', async () => {
  await using project = await aProject({ redis, records: customers(18), dialect: 'cursor', pageSize: 6 });
  await untilDone(project);
  project.serve(customers(18).map(({ status, ...rest }) => ({ ...rest, statos: status })));
  const warning = 'of customers, `status`, which fills state, was in none of 6 records; did you mean `statos`?';
  expect((await project.sync(['run', '--dry-run'])).stderr).toContain(warning);
  expect((await project.sync(onePage)).json().warnings).toContain(warning);
});

test('--full starts a pass over from its first page', async () => {
  await using project = await aProject({ redis, records: customers(6), dialect: 'cursor', pageSize: 2 });
  await project.sync(onePage);
  const { resources } = (await project.sync([...onePage, '--full'])).json();

  expect(resources).toMatchObject([{ pass: 2, pages: 1, phase: 'walking' }]);
  expect(project.party.arrivals.map(cursorOf)).toEqual([null, null]);
  expect((await project.sync()).json().resources).toMatchObject([{ pass: 2, pages: 3, phase: 'done' }]);
  await expectInStep(project);
});

test('a cursor that repeats ends in an error, not in a loop, and deletes nothing', async () => {
  await using project = await aProject({ redis, records: customers(6), dialect: 'cursor', pageSize: 2 });
  await project.sync();
  const nextOf: Record<string, string> = { null: '2', '2': '4', '4': '2' };
  const answers = Array.from({ length: 3 }, () => (arrival: Arrival): Scripted => {
    const cursor = String(cursorOf(arrival));
    return { body: { data: [aCustomer(1, { status: cursor })], meta: { next: nextOf[cursor] } } };
  });
  project.party.script(...answers);
  const { exitCode, json } = await project.sync();

  expect(exitCode).toBe(76);
  expect(json().errors).toMatchObject([
    {
      message: expect.stringContaining('a cursor that this pass has had before'),
      hint: expect.stringContaining('check "pagination" in the config'),
    },
  ]);
  expect(json()).toMatchObject({ outcome: 'failed', pages: 2, hits: 3 });
  expect(project.events('customers.deleted')).toEqual([]);
  await untilDone(project);
  await untilDone(project);
  expect(project.events('customers.deleted')).toEqual([]);
  await expectInStep(project);
});

test('a page that repeats under another cursor ends in an error', async () => {
  await using project = await aProject({ redis, records: customers(6), dialect: 'cursor', pageSize: 2 });
  let pages = 0;
  const answer = (): Scripted => {
    pages += 1;
    return { body: { data: customers(2), meta: { next: String(2 * pages) } } };
  };
  project.party.script(answer, answer);
  const { exitCode, json } = await project.sync();

  expect(exitCode).toBe(76);
  expect(json()).toMatchObject({ pages: 1, hits: 2, counts: { created: 2, updated: 0 } });
  expect(json().errors).toMatchObject([{ message: expect.stringContaining('a page that this pass has had before') }]);
  await untilDone(project);
  await expectInStep(project);
});

test('a pass of more pages than maxPages is an error, and deletes nothing', async () => {
  const capped = (config: BaseConfig) => ({ ...config, adapters: { acme: { ...config.adapters.acme, maxPages: 3 } } });
  await using project = await aProject({
    redis,
    records: customers(6),
    dialect: 'cursor',
    pageSize: 2,
    config: capped,
  });
  expect((await project.sync()).exitCode).toBe(0);
  project.serve(customers(5, 3).concat(customers(2, 20)));
  const { exitCode, json } = await project.sync();

  expect(exitCode).toBe(76);
  expect(json().errors).toMatchObject([{ message: expect.stringContaining('does not end') }]);
  expect(project.events('customers.deleted')).toEqual([]);
  expect(project.rows().map(({ id, deleted_at }) => [id, deleted_at])).toEqual(
    customers(6).map(({ id }) => [id, null]),
  );
});

test('five failures at one cursor give the pass up: a new one starts, and the old one deletes nothing', async () => {
  await using project = await aProject({
    redis,
    records: customers(6),
    dialect: 'cursor',
    pageSize: 2,
    config: stable,
  });
  await project.sync();
  project.serve(customers(4, 2));
  await project.sync(onePage);
  const before = project.party.arrivals.length;
  project.party.script(...Array<Scripted>(5).fill({ status: 500 }));
  const exitCodes = new Set<number | null>();
  while (project.party.arrivals.length < before + 5) exitCodes.add((await project.sync(onePage)).exitCode);

  expect([...exitCodes]).toEqual([69]);
  const failed = project.party.arrivals.slice(before).map(cursorOf);
  expect(failed).toEqual(Array(5).fill('2'));
  expect(project.events('customers.deleted')).toEqual([]);
  const summary = await untilDone(project);
  expect(cursorOf(project.party.arrivals[before + 5])).toBe(null);
  expect(summary.resources).toMatchObject([{ pass: 3, phase: 'done' }]);
  expect(project.events('customers.deleted').map(({ subject }) => subject)).toEqual(['1', '6']);
  await expectInStep(project);
});

test('a cursor that has expired starts the pass over, and nothing is deleted by the old one', async () => {
  await using project = await aProject({ redis, records: customers(6), dialect: 'cursor', pageSize: 2 });
  await project.sync(onePage);
  project.party.script({ status: 410 });
  const refused = await project.sync(onePage);
  expect(refused.exitCode).toBe(76);
  expect(refused.stderr).toContain('is given up; it deletes nothing');
  const summary = await untilDone(project);

  expect(project.party.arrivals.map(cursorOf)).toEqual([null, '2', null, '2', '4']);
  expect(summary.resources).toMatchObject([{ pass: 2, pages: 3 }]);
  await expectInStep(project);
});

test('a resource is due again only when its time has come', async () => {
  const hourly = (config: BaseConfig) => ({
    ...config,
    resources: { customers: { ...config.resources.customers, every: '1h' } },
  });
  await using project = await aProject({ redis, records: customers(2), config: hourly });
  expect((await project.sync()).json().outcome).toBe('done');
  const { exitCode, json, stderr } = await project.sync();

  expect([exitCode, json().outcome, stderr]).toEqual([0, 'not-due', '']);
  expect(project.party.arrivals).toHaveLength(1);
  expect((await project.sync(['run', '--json', '--full'])).json().outcome).toBe('done');
});

test('a resource that cannot be read keeps no other from being read', async () => {
  const both = (config: BaseConfig) => {
    const { customers } = config.resources;
    const { acme } = config.adapters;
    const orders = { ...acme.resources.customers, path: '/orders' };
    return {
      ...config,
      resources: { orders: customers, customers },
      adapters: { acme: { ...acme, resources: { ...acme.resources, orders } } },
    };
  };
  await using project = await aProject({ redis, records: customers(4), dialect: 'cursor', pageSize: 2, config: both });
  const sickOrders = (arrival: Arrival): Scripted =>
    arrival.url.pathname === '/orders' ? { status: 500 } : { body: { data: customers(4), meta: {} } };
  project.party.script(sickOrders, sickOrders);
  const { exitCode, json } = await project.sync();

  expect(exitCode).toBe(69);
  expect(json().errors).toHaveLength(1);
  expect(project.rows('customers')).toHaveLength(4);
  expect(project.rows('orders')).toHaveLength(0);
  await untilDone(project);
  expect(project.rows('orders')).toHaveLength(4);
});

const onePage = ['run', '--json', '--max-pages', '1'] as const;
const theirs = { type: 'sqlite', file: '../sync.db' };

/** The customers of the party, as a REST API or as a file at a URL; one pass that lacks a record deletes it. */
function readBy(type: 'rest' | 'file', config: BaseConfig) {
  const { acme } = config.adapters;
  const { map, path } = acme.resources.customers;
  const { baseUrl, ...common } = acme;
  const file = { ...common, type, resources: { customers: { url: `${baseUrl}${path}`, map } } };
  return { ...config, guard: { maxDeletes: '50%' }, adapters: { acme: type === 'rest' ? acme : file } };
}

function cursorOf(arrival: Arrival | undefined): string | null {
  return arrival?.url.searchParams.get('cursor') ?? null;
}

/** A failure leaves a back-off, and a cursor that must be given up takes some runs. */
async function untilDone(project: Project): Promise<Summary> {
  for (let runs = 0; runs < 40; runs += 1) {
    const summary = (await project.sync()).json();
    if (summary.outcome === 'done') return summary;
  }
  throw new Error('forty runs did not end the pass');
}

function stable(config: BaseConfig) {
  const { pagination } = config.adapters.acme.resources.customers;
  return withResource(config, { pagination: { ...pagination, stable: true } });
}

function withResource(config: BaseConfig, changed: object) {
  const { acme } = config.adapters;
  const resources = { customers: { ...acme.resources.customers, ...changed } };
  return { ...config, adapters: { acme: { ...acme, resources } } };
}
