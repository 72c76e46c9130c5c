import { expect, test } from 'vitest';
import { expectRead } from './expect-read.ts';
import { situations } from './table.ts';

test.each(situations.filter(({ isSlow }) => !isSlow))(
  '$name: the verdict is $verdict, and the problem $problem',
  expectRead,
);

test('the table has twenty situations', () => {
  expect(new Set(situations.map(({ name }) => name)).size).toBe(20);
});
