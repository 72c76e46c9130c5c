import { expect, test } from 'vitest';
import { aPerson, persons, twoForges } from '../helpers/forges.ts';
import { redis } from '../helpers/suite-redis.ts';
import type { Project, Row } from '../helpers/sync.ts';

const planSwap = ['swap', '--to', 'lab', '--dry-run'];

test('says that another third party with the same data changes nothing, and writes nothing', async () => {
  await using forges = await twoForges({ redis, people: persons(40) });
  const { project } = forges;
  await project.sync();
  const before = await traceOf(project);
  const { exitCode, stdout, stderr } = await project.sync([...planSwap, '--detailed-exitcode']);

  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout).toContain('from hub to lab');
  expect(stdout).toContain('customers  40 equal, 0 updated, 0 created, 0 deleted, 0 rejected');
  expect(stdout).toContain('recognised: 0 known from before, 40 by email, 0 by key; new: 0');
  expect(stdout).toContain('10 hits, nothing was written; the swap itself is "adapter": "lab" in the config');
  expect(await traceOf(project)).toEqual(before);
});

test('says what would differ: by field, what is new and what is missing, and the run does just that', async () => {
  await using forges = await twoForges({ redis, people: persons(40) });
  const { project } = forges;
  await project.sync();
  const gold = [aPerson(2, { state: 'gold' }), aPerson(3, { state: 'gold' })];
  forges.serveLab([...gold, ...persons(36, 4), aPerson(41)]);
  const plan = await project.sync([...planSwap, '--json', '--detailed-exitcode']);

  expect(plan.exitCode).toBe(2);
  expect(plan.json<object>()).toMatchObject({
    ...{ name: project.name, from: 'hub', to: 'lab', outcome: 'planned', exitCode: 0, errors: [] },
    resources: [
      {
        ...{ resource: 'customers', isComplete: true, records: 39, rejected: 0, hasTooManyRejects: false },
        ...{ equal: 36, created: 1, updated: 2, deleted: 0, fields: { state: 2 }, unconfirmed: 2 },
        recognised: { alias: 0, match: 38, key: 0, none: 1 },
        verdict: { delete: 'all' },
        examples: [
          { type: 'updated', key: '1002', before: { state: 'active' }, after: { state: 'gold' }, changed: ['state'] },
          { type: 'updated', key: '1003' },
          { type: 'created', key: '1041', before: null },
        ],
      },
    ],
  });
  const finished = await project.sync(planSwap);
  expect(finished.stdout).toContain('36 equal, 2 updated (state 2), 1 created, 0 deleted, 0 rejected');
  expect(finished.stdout).toContain('2 records missing, and deleted only if the next pass misses them too');
  expect(finished.stdout).toContain('state: "active" → "gold"');

  await forges.swapTo('lab');
  expect((await project.sync()).json().counts).toEqual({ created: 1, updated: 2, deleted: 0 });
  expect((await project.sync()).json().counts).toEqual({ created: 0, updated: 0, deleted: 2 });
  await project.sync();
  await forges.swapTo('hub');
  const back = await project.sync(planSwap);
  expect(back.stdout).toContain('from lab to lab');
  expect(back.stdout).toContain('recognised: 39 known from before');
});

test('says whether the deletions would be held, and why', async () => {
  const confirmedAtOnce = (config: object) => ({ ...config, guard: { confirm: 1 } });
  await using forges = await twoForges({ redis, people: persons(40) });
  const { project } = forges;
  await forges.swapTo('hub', confirmedAtOnce);
  await project.sync();
  forges.serveLab(persons(20));
  const held = await project.sync(planSwap);
  expect(held.exitCode).toBe(3);
  expect(held.stdout).toContain('the guard would hold the deletions: 20 of 40 rows would be deleted');

  forges.serveLab(persons(38));
  const through = await project.sync(planSwap);
  expect(through.exitCode).toBe(0);
  expect(through.stdout).toContain('2 deleted');
  expect(through.stdout).toContain('the guard allows the deletions');
});

test('warns of twins and taken ids before the swap, as the run would', async () => {
  const twins = [aPerson(2, { email: 'twin@example.com' }), aPerson(3, { email: 'twin@example.com' })];
  await using forges = await twoForges({ redis, people: [...persons(28, 4), ...twins] });
  const { project } = forges;
  await project.sync();
  forges.serveLab([...persons(28, 4), ...twins, aPerson(38, { email: null })]);
  const { stdout, exitCode } = await project.sync(planSwap);

  expect(exitCode).toBe(65);
  expect(stdout).toContain('28 equal, 0 updated, 0 created, 0 deleted, 3 rejected');
  expect(stdout).toContain('might be any of the rows with the same email: 1002, 1003');
  expect(stdout).toContain('its id at lab, 1003, is the key of another record');
  expect(stdout).toContain('nothing would be deleted');
  await forges.swapTo('lab');
  expect((await project.sync()).json()).toMatchObject({ rejected: 3, counts: { created: 0, updated: 0, deleted: 0 } });
});

test('without match, equal ids are what is compared', async () => {
  await using forges = await twoForges({ redis, people: persons(4), match: null });
  await forges.project.sync();
  const { stdout } = await forges.project.sync(planSwap);
  expect(stdout).toContain('customers  0 equal');
  expect(stdout).not.toContain('recognised');
});

test('swaps nothing by itself: without --dry-run it says what a swap is', async () => {
  await using forges = await twoForges({ redis, people: persons(4) });
  const { exitCode, stderr } = await forges.project.sync(['swap', '--to', 'lab']);
  expect(exitCode).toBe(64);
  expect(stderr).toContain('shows what a swap would change, and needs --dry-run; nothing was done');
  expect(stderr).toContain('To swap, write "adapter": "lab" in the config.');
  expect(forges.lab.arrivals).toEqual([]);
});

test.each([
  [['swap', '--to', 'labb', '--dry-run'], 78, 'Did you mean "lab"?'],
  [['swap', '--dry-run'], 64, '--to <name>'],
  [['swap', '--to', 'lab', '--dry-run', '--resource', 'clients'], 64, 'there is no resource clients'],
] as const)('%j exits %i', async (args, code, words) => {
  await using forges = await twoForges({ redis, people: persons(4) });
  const { exitCode, stderr } = await forges.project.sync(args);
  expect([exitCode, stderr]).toEqual([code, expect.stringContaining(words)]);
});

test('a run, its plan and check miss a match that must stay, and a run makes no hit', async () => {
  await using forges = await twoForges({ redis, people: persons(40) });
  const { project } = forges;
  await project.sync();
  await forges.swapTo('lab');
  await project.sync();
  const before = await traceOf(project);
  await forges.swapTo('lab', withoutMatch);
  const arrivals = forges.lab.arrivals.length;
  const missed = '"match" of customers was removed, and the record that lab calls 10';

  const run = await project.sync();
  expect(run.exitCode).toBe(78);
  expect(run.json()).toMatchObject({ errors: [{ message: expect.stringContaining(missed) }] });
  expect(forges.lab.arrivals).toHaveLength(arrivals);
  for (const command of [['check'], ['run', '--dry-run'], planSwap]) {
    const { exitCode, stdout } = await project.sync(command);
    expect([exitCode, stdout]).toEqual([78, expect.stringContaining(missed)]);
  }
  expect(await traceOf(project)).toEqual(before);
});

test('check warns where matching reads the whole table each time', async () => {
  await using forges = await twoForges({ redis, people: persons(4) });
  const { project } = forges;
  await project.sync();
  const warning = 'no index of "customers" begins with email';
  expect((await project.sync(['check'])).stdout).toContain(warning);
  await forges.sql('CREATE INDEX by_email ON customers (email)');
  expect((await project.sync(['check'])).stdout).not.toContain(warning);
});

function withoutMatch(config: Row): Row {
  const { customers } = config.resources as { readonly customers: Row };
  const { match: _gone, ...rest } = customers;
  return { ...config, resources: { customers: rest } };
}

async function traceOf({ database, streamEvents }: Project) {
  const tables = ['customers', '_sync_records', '_sync_aliases', '_sync_passes', '_sync_outbox', '_sync_rejects'];
  const rows = await Promise.all(tables.map((table) => database.query(`SELECT * FROM ${table}`)));
  return { rows, stream: await streamEvents() };
}

test('with --keep, the plan is stored for the page, in place of the last one, and its own output stays the same', async () => {
  await using forges = await twoForges({ redis, people: persons(40) });
  const { project } = forges;
  await project.sync();
  forges.serveLab([aPerson(2, { state: 'gold' }), ...persons(38, 3)]);
  const stored = () => project.query('SELECT preview FROM _sync_previews WHERE name = ?', project.name);
  const plan = await project.sync([...planSwap, '--json', '--keep']);
  expect(stored()).toEqual([{ preview: plan.stdout.trimEnd() }]);
  await project.sync([...planSwap, '--keep']);
  expect(stored()).toHaveLength(1);
  expect(JSON.parse(String(stored()[0]?.preview))).toMatchObject({
    from: 'hub',
    to: 'lab',
    resources: [{ updated: 1 }],
  });
});
