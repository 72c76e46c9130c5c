import { describe, expect, test } from 'vitest';
import { aSwap, person } from './a-swap.ts';

const none = { created: 0, updated: 0, deleted: 0 };
const allGood = { outcome: 'done', rejected: 0, counts: none };

describe('if ids coincide', () => {
  test('two adapters with the same ids stay at home when match is added, even if emails are missing or differ', async () => {
    using system = aSwap({ match: null });
    const all = [[person('1', 'a@'), person('2', null), person('3', 'c@')]];
    await system.run('hub', all);
    await system.run('lab', all);
    const match = ['email'];
    expect(await system.run('lab', all, { match })).toMatchObject(allGood);
    const moved = [[person('1', 'a@'), person('2', null), person('3', 'new@')]];
    expect(await system.run('hub', moved, { match })).toMatchObject({ ...allGood, counts: { ...none, updated: 1 } });
  });

  test('a record that one adapter at home has made is known to the other one by its id', async () => {
    using system = aSwap({ match: null });
    await system.run('hub', [[person('1', 'a@')]]);
    await system.run('lab', [[person('1', 'a@')]]);
    const match = ['email'];
    await system.run('lab', [[person('1', 'a@'), person('2', 'b@')]], { match });
    const moved = [[person('1', 'a@'), person('2', null)]];
    expect(await system.run('hub', moved, { match })).toMatchObject({ ...allGood, counts: { ...none, updated: 1 } });
    expect(system.live()).toEqual(moved[0]);
  });

  test('an id that happens to be the key of the same record takes it from no other', async () => {
    using system = aSwap();
    await system.run('hub', [[person('1', 'a@'), person('2', 'b@')]], { match: null });
    expect(await system.run('lab', [[person('2', 'b@'), person('9', 'a@')]])).toMatchObject(allGood);
    const moved = [[person('1', 'a@'), person('2', 'b2@')]];
    expect(await system.run('hub', moved)).toMatchObject({ ...allGood, counts: { ...none, updated: 1 } });
    expect(system.live()).toEqual(moved[0]);
  });

  test("a new record under an id that a guest has made a key is not taken for the guest's record", async () => {
    using system = aSwap();
    await system.run('hub', [[person('1', 'a@')]]);
    await system.run('lab', [[person('x', 'a@'), person('2', 'z@')]]);
    expect(await system.run('hub', [[person('1', 'a@'), person('2', 'b@')]])).toMatchObject({ rejected: 1 });
    expect(system.live()).toEqual([person('1', 'a@'), person('2', 'z@')]);
  });
});

test.each([
  ['has begun', 1],
  ['is complete', 1000],
])('after a swap without match that %s, a way back without it and another name make it good', async (_, maxPages) => {
  using system = aSwap();
  const atHub = [person('1', 'a@'), person('2', 'b@'), person('3', 'c@')];
  const atLab = [[person('x1', 'a@')], [person('x2', 'b@'), person('3', 'c@')]];
  await system.run('hub', [atHub], { match: null });
  await system.run('lab', atLab, { match: null, maxPages });
  await system.run('hub', [atHub], { match: null });
  expect(system.live()).toEqual(atHub);

  expect(await system.run('hub', [atHub])).toMatchObject(allGood);
  expect(await system.run('lab again', atLab)).toMatchObject(allGood);
  expect(system.live()).toEqual(atHub);
});

test('a row that existed before is not recognised by its key alone; one pass without match adopts it', async () => {
  using system = aSwap();
  system.sql(`CREATE TABLE people (id TEXT PRIMARY KEY, email TEXT, state TEXT, deleted_at TEXT);
    INSERT INTO people (id, email, state) VALUES ('1', 'old@', 'active'), ('2', NULL, 'active'), ('3', 'c@', 'active')`);
  const atHub = [[person('1', 'new@'), person('2', null), person('3', 'c@')]];
  expect(await system.run('hub', atHub)).toMatchObject({ rejected: 2, counts: none });
  const because = 'is the key of a row that no run has written; if the keys of this table are the ids of hub';
  expect((await system.reasons()).map(({ reasons }) => reasons)).toEqual(
    [because, because].map((reason) => expect.stringContaining(reason)),
  );

  const updated = { rejected: 0, counts: { ...none, updated: 1 } };
  expect(await system.run('hub', atHub, { match: null })).toMatchObject(updated);
  expect(await system.run('hub', atHub)).toMatchObject(allGood);
});

test('two records without an email are not one', async () => {
  using system = aSwap();
  const atHub = [person('1', '', 'anna'), person('2', 'b@', 'bob')];
  await system.run('hub', [atHub]);
  const zoe = person('x', '', 'zoe');
  expect(await system.run('lab', [[zoe, person('y', 'b@', 'bob')]])).toMatchObject({ rejected: 0 });
  expect(system.live()).toEqual([person('2', 'b@', 'bob'), zoe]);
});

test('at home one more record with an email that a hundred have is new', async () => {
  using system = aSwap();
  const many = Array.from({ length: 105 }, (_, n) => person(`${n}`, 'info@'));
  await system.run('hub', [many]);
  const counts = { ...none, created: 1 };
  expect(await system.run('hub', [[...many, person('new', 'info@')]])).toMatchObject({ rejected: 0, counts });
});

test('a record that several deleted rows look like is a new one', async () => {
  using system = aSwap();
  const bob = person('2', 'b@');
  for (const page of [[person('1', 'a@'), bob], [bob], [bob, person('3', 'a@')], [bob]])
    await system.run('hub', [page]);
  expect(await system.run('lab', [[person('y', 'b@'), person('x', 'a@')]])).toMatchObject({ rejected: 0 });
  expect(system.live()).toEqual([bob, person('x', 'a@')]);
});

describe('a plan knows what its earlier pages would have written', () => {
  test.each([
    ['whose id comes again', person('x1', 'new@')],
    ['whose row is taken', person('x2', 'a@')],
  ])('to one %s', async (_, later) => {
    using system = aSwap();
    await system.run('hub', [[person('1', 'a@'), person('2', 'b@')]]);
    const pages = [[person('x1', 'a@')], [person('y', 'b@')], [later]];
    const { counts, rejected } = await system.plan('lab', pages);
    expect(await system.run('lab', pages)).toMatchObject({ counts, rejected });
    expect(counts).toEqual(later.id === 'x1' ? none : { ...none, created: 1 });
  });
});

describe('match that was removed', () => {
  const atHub = [[person('1', 'a@'), person('2', 'b@'), person('3', 'c@')]];
  const atLab = [[person('3', 'a@'), person('2', 'b@'), person('1', 'c@')]];
  const gone = { match: null };

  test('is an error, before a hit, if ids would be taken for the keys of other records', async () => {
    using system = aSwap();
    await system.run('hub', atHub);
    await system.run('lab', atLab);
    const missed = expect.stringMatching(
      /"match" of people was removed, and the record that lab calls \d has the key \d here/,
    );
    const { outcome, exitCode, errors, pages } = await system.run('lab', atLab, gone);
    expect({ outcome, exitCode, pages }).toEqual({ outcome: 'failed', exitCode: 78, pages: 0 });
    expect(errors).toEqual([{ exitCode: 78, message: missed, hint: expect.stringContaining('Put "match" back') }]);
    const plan = await system.plan('lab', atLab, gone);
    expect(plan).toMatchObject({ exitCode: 78, table: { problems: [missed] } });
    expect(system.live()).toEqual(atHub[0]);
    expect(await system.run('lab', atLab)).toMatchObject(allGood);
  });

  test('is not an error if the ids are the keys', async () => {
    using system = aSwap();
    await system.run('hub', atHub);
    await system.run('lab', atLab);
    expect(await system.run('hub', atHub, gone)).toMatchObject(allGood);
    expect(await system.plan('hub', atHub, gone)).toMatchObject({ exitCode: 0, counts: none });
  });
});

describe('if a part of the key belongs to the system', () => {
  const text = { type: 'string' };
  const schema = {
    type: 'object' as const,
    properties: { tenant: text, id: text, email: text, state: text },
    required: ['tenant', 'id'],
  };
  const tenants = { schema, key: ['tenant', 'id'] };
  const of = (tenant: string, id: string, email: string, state: string) => ({ tenant, id, email, state });

  test('it is matched with the other fields, and no record moves to another tenant', async () => {
    using system = aSwap({ ...tenants, match: ['tenant', 'email'] });
    const rows = [of('t1', '1', 'a@', 'secret of t1'), of('t2', '2', 'b@', 'known to t2')];
    await system.run('hub', [rows]);
    const stranger = of('t2', 'z', 'a@', 'secret of t2');
    const atLab = [of('t1', 'x', 'a@', 'secret of t1'), of('t2', 'y', 'b@', 'known to t2'), stranger];
    expect(await system.run('lab', [atLab])).toMatchObject({ rejected: 0, counts: { ...none, created: 1 } });
    expect(system.live()).toEqual([...rows, stranger]);
  });

  test('a record that was matched across tenants before is rejected with the reason', async () => {
    using system = aSwap({ ...tenants, match: ['email'] });
    await system.run('hub', [[of('t1', '1', 'a@', 'secret of t1')]]);
    const atLab = [[of('t2', 'z', 'a@', 'secret of t1')]];
    await system.run('lab', atLab);
    expect(await system.run('lab', atLab, { match: ['tenant', 'email'] })).toMatchObject({ rejected: 1, counts: none });
    expect(await system.reasons()).toEqual([
      { key: null, reasons: expect.stringContaining('when "match" did not include tenant, and tenant differs there') },
    ]);
  });
});

describe('a new record that the database refuses', () => {
  const refuseBad = `CREATE TRIGGER refuse BEFORE INSERT ON people WHEN new.state = 'bad' BEGIN SELECT RAISE(ABORT, 'no'); END`;

  test('leaves its key to the record that comes under it, and is another record when it comes again', async () => {
    using system = aSwap();
    await system.run('hub', [[person('1', 'a@')]]);
    system.sql(refuseBad);
    expect(await system.run('lab', [[person('x', 'a@'), person('5', 'lab@', 'bad')]])).toMatchObject({ rejected: 1 });
    const all = [person('1', 'a@'), person('5', 'hub@')];
    expect(await system.run('hub', [all])).toMatchObject({ rejected: 0, counts: { ...none, created: 1 } });

    const later = [[person('x', 'a@'), person('5', 'lab@'), person('z', 'hub@')]];
    expect(await system.run('lab', later)).toMatchObject({ rejected: 1, counts: none });
    expect(system.live()).toEqual(all);
  });

  test('is the same record when it comes again and is accepted', async () => {
    using system = aSwap();
    await system.run('hub', [[person('1', 'a@')]]);
    system.sql(refuseBad);
    await system.run('lab', [[person('x', 'a@'), person('5', 'lab@', 'bad')]]);
    await system.run('lab', [[person('x', 'a@'), person('5', 'lab@')]]);
    expect(system.live()).toEqual([person('1', 'a@'), person('5', 'lab@')]);
  });
});
