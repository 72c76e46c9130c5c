import { describe, expect, test } from 'vitest';
import { parseTarget } from '../../../src/cli/init/ask/target.ts';
import { UsageError } from '../../../src/errors.ts';

// What `--target` says.

test.each<[string, object]>([
  ['./sync.db', { type: 'sqlite', file: './sync.db' }],
  ['sqlite:postgres.db', { type: 'sqlite', file: 'postgres.db' }],
  ['postgres:DATABASE_URL', { type: 'postgres', url: '${DATABASE_URL}' }],
  ['postgres://db.example/crm', { type: 'postgres', url: 'postgres://db.example/crm' }],
  ['postgresql://user@/crm?host=/run/pg', { type: 'postgres', url: 'postgresql://user@/crm?host=/run/pg' }],
])('%s is a target', (text, target) => {
  expect(parseTarget(text)).toEqual(target);
});

describe('what begins like a Postgres target and is none', () => {
  test.each([
    ['a variable that the shell has replaced', 'postgres:postgres://user:S3CR3T@db.example/crm'],
    ['a name that no variable has', 'postgres:S3CR3T-URL'],
    ['capitals', 'POSTGRES://user:S3CR3T@db.example/crm'],
    ['one slash', 'postgresql:/user:S3CR3T@db.example/crm'],
    ['a URL that cannot be parsed', 'postgres://user:S3CR3T#1@db.example/crm'],
    ['a password', 'postgres://user:S3CR3T@db.example/crm'],
  ])('is refused, and is not repeated: %s', (_title, text) => {
    const error = errorOf(() => parseTarget(text));
    expect(error).toBeInstanceOf(UsageError);
    expect(`${String(error)} ${error instanceof UsageError ? error.hint : ''}`).not.toContain('S3CR3T');
  });
});

function errorOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
