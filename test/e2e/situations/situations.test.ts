import { expect, test } from 'vitest';
import { situations } from './table.ts';
import { testSituations } from './test-situations.ts';

testSituations(situations.filter(({ isSlow }) => !isSlow));

test('the table has twenty situations', () => {
  expect(new Set(situations.map(({ name }) => name)).size).toBe(20);
});
