import { expect, test } from 'vitest';
import { deadLetterId, idempotencyKeyOf, matchesType } from '../src/listener.ts';

test.each([
  ['*', true],
  ['customers.deleted', true],
  ['customers.*', true],
  ['*.deleted', true],
  ['*.*', true],
  ['customers.created', false],
  ['customer.*', false],
  ['customers', false],
  ['*.created', false],
  ['customersX.*', false],
])('the pattern %s means customers.deleted: %s', (pattern, expected) => {
  expect(matchesType(pattern, 'customers.deleted')).toBe(expected);
});

test.each([
  ['sync.run.failed', true],
  ['sync.run.*', true],
  ['sync.*', true],
  ['sync.run.recovered', false],
  ['sync.guard.*', false],
  ['sync.r*', false],
  ['*', false],
  ['*.*', false],
  ['*.failed', false],
  ['customers.*', false],
])('the pattern %s means sync.run.failed: %s', (pattern, expected) => {
  expect(matchesType(pattern, 'sync.run.failed')).toBe(expected);
});

test('gives each listener and event one idempotency key', () => {
  expect(idempotencyKeyOf('notify', 'crm:1-7')).toBe('notify:crm:1-7');
});

test('names a dead letter by its group and position', () => {
  expect(deadLetterId('reindex.1', { generation: 12, seq: 7 })).toBe('reindex.1:12-7');
});
