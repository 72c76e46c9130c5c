import { describe, expect, test } from 'vitest';
import { aPerson, hubKey, labId, persons, rowsOf, twoForges } from '../helpers/forges.ts';
import { redis } from '../helpers/suite-redis.ts';
import { expectInStep, type Project } from '../helpers/sync.ts';

const none = { created: 0, updated: 0, deleted: 0 };

describe.each(['sqlite', 'postgres'] as const)('on %s', (target) => {
  test('another third party with ids of its own and the same data costs no write and no event, nor does the way back', async () => {
    await using forges = await twoForges({ redis, people: persons(40), target });
    const { project } = forges;
    await project.sync();
    await forges.watchWrites();
    const before = await traceOf(project);

    for (const adapter of ['lab', 'hub', 'lab'] as const) {
      await forges.swapTo(adapter);
      const summary = (await project.sync()).json();
      expect(summary).toMatchObject({ adapter, outcome: 'done', records: 40, rejected: 0, counts: none });
      expect(await traceOf(project)).toEqual(before);
    }
    expect(await forges.writes()).toEqual([]);
    await expectInStep(project, { rows: rowsOf(persons(40)) });
  });

  test("what the other one changes comes under the system's keys", async () => {
    await using forges = await twoForges({ redis, people: persons(40), target });
    const { project } = forges;
    await project.sync();
    await forges.swapTo('lab');
    await project.sync();
    const before = (await project.database.events()).length;
    const now = [...persons(38, 2).filter(({ nth }) => nth !== 7), aPerson(40, { email: 'moved@example.com' })];
    forges.serveLab([aPerson(7, { state: 'gold' }), ...now, aPerson(41)]);

    expect((await project.sync()).json()).toMatchObject({
      counts: { created: 1, updated: 2, deleted: 0 },
      rejected: 0,
    });
    expect((await project.sync()).json()).toMatchObject({ counts: { created: 0, updated: 0, deleted: 1 } });
    const events = (await project.database.events()).slice(before);
    expect(events.map(({ type, subject }) => `${type} ${subject}`).toSorted()).toEqual([
      `customers.created ${labId(41)}`,
      `customers.deleted ${hubKey(1)}`,
      `customers.updated ${hubKey(7)}`,
      `customers.updated ${hubKey(40)}`,
    ]);
    await expectInStep(project, { rows: rowsOf([aPerson(7, { state: 'gold' }), ...now, aPerson(41)]) });
  });

  test("ids of another type than the system's keys are aliases only", async () => {
    const labId = "join('', ['lab-', to_string(uid)])";
    await using forges = await twoForges({ redis, people: persons(40), target, labId, keyType: 'integer' });
    const { project } = forges;
    await project.sync();
    await forges.swapTo('lab');
    expect((await project.sync()).json()).toMatchObject({ rejected: 0, counts: none });
    forges.serveLab([aPerson(1, { email: 'moved@example.com' }), ...persons(38, 2), aPerson(41)]);

    const summary = (await project.sync()).json();
    expect(summary).toMatchObject({ rejected: 1, counts: { ...none, updated: 1 } });
    const { stdout } = await project.sync(['rejects', 'list', '--json']);
    expect(stdout).toContain('its id at lab, lab-1041, cannot be a key here');
    await forges.swapTo('hub');
    expect((await project.sync()).json()).toMatchObject({ rejected: 0, counts: { ...none, updated: 1 } });
    // Postgres gives a bigint as text.
    const rows = (await project.database.rows()).map(({ id, email, state }) => ({ id: String(id), email, state }));
    expect(rows.toSorted((a, b) => Number(a.id) - Number(b.id))).toEqual(rowsOf(persons(40)));
  });

  test('match and swap in one change of the config: the keys stay, and the first one still knows its own', async () => {
    await using forges = await twoForges({ redis, people: persons(40), target, match: null });
    const { project } = forges;
    await project.sync();
    expect(await project.database.query('SELECT * FROM _sync_aliases')).toEqual([]);
    const matched = (config: object) => ({ ...config, resources: withMatch(config) });
    await forges.swapTo('lab', matched);
    forges.serveLab([...persons(39), aPerson(40, { state: 'gold' })]);
    expect((await project.sync()).json()).toMatchObject({ rejected: 0, counts: { ...none, updated: 1 } });
    forges.serveLab([...persons(39), aPerson(40, { email: 'moved@example.com' })]);
    expect((await project.sync()).json()).toMatchObject({ rejected: 0, counts: { ...none, updated: 1 } });

    await forges.swapTo('hub', matched);
    expect((await project.sync()).json()).toMatchObject({ rejected: 0, counts: { ...none, updated: 1 } });
    await expectInStep(project, { rows: rowsOf(persons(40)) });
  });

  test.each(['committed:2', 'commit-ready:2', 'commit-written:3', 'before-sweep'])(
    'killed at %s of the swap, the next run ends it, at no cost',
    async (point) => {
      await using forges = await twoForges({ redis, people: persons(40), target });
      const { project } = forges;
      await project.sync();
      await forges.watchWrites();
      const before = await traceOf(project);
      await forges.swapTo('lab');

      await killed(project, point);
      expect(await traceOf(project)).toEqual(before);
      expect(await forges.writes()).toEqual([]);
      expect(await project.database.query("SELECT * FROM _sync_aliases WHERE adapter = 'lab'")).toHaveLength(40);
    },
  );

  test.each(['commit-planned:1', 'commit-written:1', 'commit-ready:1', 'committed:1', 'fence-checked:2'])(
    'killed at %s where the other one brings news, each is written once, under the key that it will keep',
    async (point) => {
      await using forges = await twoForges({ redis, people: persons(38), target });
      const { project } = forges;
      await project.sync();
      const before = (await project.database.events()).length;
      await forges.swapTo('lab');
      const now = [...persons(37), aPerson(38, { state: 'gold' }), aPerson(41), aPerson(42)];
      forges.serveLab(now);

      await killed(project, point);
      const events = (await project.database.events()).slice(before);
      expect(events.map(({ type, subject }) => `${type} ${subject}`).toSorted()).toEqual([
        `customers.created ${labId(41)}`,
        `customers.created ${labId(42)}`,
        `customers.updated ${hubKey(38)}`,
      ]);
      await expectInStep(project, { rows: rowsOf(now) });
      await forges.swapTo('hub');
      forges.serveHub(persons(38));
      const { counts, rejected } = (await project.sync()).json();
      expect([counts, rejected]).toEqual([{ ...none, updated: 1 }, 0]);
    },
  );
});

test('a row that no pass has brought is adopted by what it holds, under its own key', async () => {
  await using forges = await twoForges({ redis, people: [aPerson(1), aPerson(2)] });
  const { project } = forges;
  await forges.sql('CREATE TABLE customers (id TEXT PRIMARY KEY, email TEXT, state TEXT, deleted_at TEXT)');
  await forges.sql("INSERT INTO customers VALUES ('ours-7', 'user1@example.com', 'old', NULL)");

  expect((await project.sync()).json()).toMatchObject({ counts: { created: 1, updated: 1, deleted: 0 } });
  expect(await project.database.rows()).toMatchObject([
    { id: '1002', email: 'user2@example.com' },
    { id: 'ours-7', email: 'user1@example.com', state: 'active' },
  ]);
});

test('what might be anybody is rejected, and its pass deletes nothing', async () => {
  const twins = [aPerson(2, { email: 'twin@example.com' }), aPerson(3, { email: 'twin@example.com' })];
  await using forges = await twoForges({ redis, people: [...persons(39, 4), aPerson(1), ...twins] });
  const { project } = forges;
  await project.sync();
  await forges.swapTo('lab');
  forges.serveLab([...persons(38, 4), ...twins]);

  const summary = (await project.sync()).json();
  expect(summary).toMatchObject({ rejected: 2, counts: none });
  await project.sync();
  const { stdout } = await project.sync(['rejects', 'list', '--json']);
  expect(stdout).toContain('might be any of the rows with the same email: 1002, 1003');
  await expectInStep(project, { rows: rowsOf([...persons(39, 4), aPerson(1), ...twins]) });
});

test("an id that is somebody else's key is rejected, and says what helps", async () => {
  await using forges = await twoForges({ redis, people: persons(30) });
  const { project } = forges;
  await project.sync();
  await forges.swapTo('lab');
  forges.serveLab([...persons(30), aPerson(39)]);
  expect(labId(39)).toBe(1002);

  expect((await project.sync()).json()).toMatchObject({ rejected: 1, counts: none });
  const { stdout } = await project.sync(['rejects', 'list', '--json']);
  expect(stdout).toContain('its id at lab, 1002, is the key of another record');
  expect(stdout).toContain("join('', ['lab-', to_string(id)])");
});

test('a map that makes the ids its own lets new records in', async () => {
  const labIdOfItsOwn = "join('', ['lab-', to_string(uid)])";
  await using forges = await twoForges({ redis, people: persons(30), labId: labIdOfItsOwn });
  const { project } = forges;
  await project.sync();
  await forges.swapTo('lab');
  forges.serveLab([...persons(30), aPerson(39)]);

  expect((await project.sync()).json()).toMatchObject({ rejected: 0, counts: { ...none, created: 1 } });
  await expectInStep(project, { rows: [...rowsOf(persons(30)), ...rowsOf([aPerson(39)], () => 'lab-1002')] });
});

test('without match there is nothing to keep', async () => {
  await using forges = await twoForges({ redis, people: persons(3), match: null });
  await forges.project.sync();
  expect(await forges.project.database.query("SELECT name FROM sqlite_master WHERE name LIKE '_sync_alias%'")).toEqual(
    [],
  );
});

/** A run that dies at a crash point, and the next one, which finds the lock free as if its time was over. */
async function killed(project: Project, point: string): Promise<void> {
  expect((await project.sync(undefined, { env: { SYNC_CRASH_AT: point } })).signal).toBe('SIGKILL');
  await redis.client.del(project.lockKey);
  expect(await project.sync()).toMatchObject({ exitCode: 0 });
}

function withMatch(config: object) {
  const { resources } = config as { readonly resources: { readonly customers: object } };
  return { customers: { ...resources.customers, match: ['email'] } };
}

/** What must be the same where nothing was written: rows, what is known of them, events, the stream. */
async function traceOf({ database, streamEvents }: Project) {
  return {
    rows: await database.rows(),
    records: await database.query('SELECT * FROM _sync_records ORDER BY id'),
    outbox: await database.query('SELECT * FROM _sync_outbox'),
    lease: await database.query('SELECT generation, next_seq FROM _sync_lease'),
    stream: await streamEvents(),
  };
}
