import { expect, test } from 'vitest';
import { silentLog } from '../../../src/log.ts';
import { FirstLoads, NotEmptyError } from '../../../src/targets/sql/first-loads.ts';
import { customersTable } from '../../contracts/target.ts';

const reader = {
  compare: async () => ({ unchanged: [1], different: [] }),
  clues: async () => [],
};

const entries = [['1', 'hash'] as const];

function firstLoads(): FirstLoads {
  const loads = new FirstLoads(silentLog);
  loads.add('customers');
  return loads;
}

test('a first load is committed once more, with look-ups, where a row is there already, and is none from then on', async () => {
  const loads = firstLoads();
  const commits: boolean[] = [];
  const commit = async (isFirstLoad: boolean) => {
    commits.push(isFirstLoad);
    if (isFirstLoad) throw new NotEmptyError();
    return 'committed';
  };
  expect(await loads.commit('customers', commit)).toBe('committed');
  expect(await loads.commit('customers', commit)).toBe('committed');
  expect(commits).toEqual([true, false, false]);
});

test('any other failure of a first load ends it, and it stays a first load', async () => {
  const loads = firstLoads();
  const fails = () => Promise.reject(new Error('the disk is full'));
  await expect(loads.commit('customers', fails)).rejects.toThrow('the disk is full');
  expect(await loads.commit('customers', async (isFirstLoad) => isFirstLoad)).toBe(true);
});

test('a first load needs no comparison, and another resource does', async () => {
  const { compare } = firstLoads().answering(reader);
  expect(await compare(customersTable(), entries)).toEqual({ unchanged: [], different: [0] });
  expect(await compare(customersTable({ resource: 'orders' }), entries)).toEqual({ unchanged: [1], different: [] });
});
