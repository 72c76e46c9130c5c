import { describe, expect, test } from 'vitest';
import { aSwap, person } from './a-swap.ts';

const none = { created: 0, updated: 0, deleted: 0 };
const allGood = { outcome: 'done', rejected: 0, counts: none };

describe('where ids coincide', () => {
  test('two adapters with the same ids stay at home when match is added, whatever is no email or another one', async () => {
    using system = aSwap({ match: null });
    const all = [[person('1', 'a@'), person('2', null), person('3', 'c@')]];
    await system.run('hub', all);
    await system.run('lab', all);
    const match = ['email'];
    expect(await system.run('lab', all, { match })).toMatchObject(allGood);
    const moved = [[person('1', 'a@'), person('2', null), person('3', 'new@')]];
    expect(await system.run('hub', moved, { match })).toMatchObject({ ...allGood, counts: { ...none, updated: 1 } });
  });

  test('what one of two that are at home has made is known to the other by its id', async () => {
    using system = aSwap({ match: null });
    await system.run('hub', [[person('1', 'a@')]]);
    await system.run('lab', [[person('1', 'a@')]]);
    const match = ['email'];
    await system.run('lab', [[person('1', 'a@'), person('2', 'b@')]], { match });
    const moved = [[person('1', 'a@'), person('2', null)]];
    expect(await system.run('hub', moved, { match })).toMatchObject({ ...allGood, counts: { ...none, updated: 1 } });
    expect(system.live()).toEqual(moved[0]);
  });

  test('an id that is by chance the key of the same record takes it from nobody', async () => {
    using system = aSwap();
    await system.run('hub', [[person('1', 'a@'), person('2', 'b@')]], { match: null });
    expect(await system.run('lab', [[person('2', 'b@'), person('9', 'a@')]])).toMatchObject(allGood);
    const moved = [[person('1', 'a@'), person('2', 'b2@')]];
    expect(await system.run('hub', moved)).toMatchObject({ ...allGood, counts: { ...none, updated: 1 } });
    expect(system.live()).toEqual(moved[0]);
  });

  test('a new record under an id that a guest has made a key of is not taken for it', async () => {
    using system = aSwap();
    await system.run('hub', [[person('1', 'a@')]]);
    await system.run('lab', [[person('x', 'a@'), person('2', 'z@')]]);
    expect(await system.run('hub', [[person('1', 'a@'), person('2', 'b@')]])).toMatchObject({ rejected: 1 });
    expect(system.live()).toEqual([person('1', 'a@'), person('2', 'z@')]);
  });
});

describe('a new record that the database refuses', () => {
  const refuseBad = `CREATE TRIGGER refuse BEFORE INSERT ON people WHEN new.state = 'bad' BEGIN SELECT RAISE(ABORT, 'no'); END`;

  test('leaves its key to whoever comes under it, and is another one when it comes again', async () => {
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

  test('is the same one when it comes again and is taken', async () => {
    using system = aSwap();
    await system.run('hub', [[person('1', 'a@')]]);
    system.sql(refuseBad);
    await system.run('lab', [[person('x', 'a@'), person('5', 'lab@', 'bad')]]);
    await system.run('lab', [[person('x', 'a@'), person('5', 'lab@')]]);
    expect(system.live()).toEqual([person('1', 'a@'), person('5', 'lab@')]);
  });
});
