import { expect, test } from 'vitest';
import { commandFirst } from '../../../src/cli/program/arguments.ts';

test.each([
  ['run', 'run'],
  ['-c x.json run --full', 'run --full -c x.json'],
  ['--json --config=x.json status', 'status --json --config=x.json'],
  ['-q -c x.json', '-q -c x.json'],
  ['-c x.json --full', '-c x.json --full'],
  ['-c x.json dead list --key k', 'dead list --key k -c x.json'],
  ['-c run', '-c run'],
  ['', ''],
])('%j is read as %j', (given, read) => {
  expect(commandFirst(given.split(' '))).toEqual(read.split(' '));
});
