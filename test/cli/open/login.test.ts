import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loginAsker } from '../../../src/cli/open/login.ts';
import { ConfigError, CredentialsError, type SyncError, UnreachableError } from '../../../src/errors.ts';
import { failureOf } from '../../helpers/open-at.ts';

const where = { username: 'sync', host: 'db.example', port: 5432 };

async function asking(source: string, timeoutMs = 10_000) {
  const dir = await mkdtemp(join(tmpdir(), 'cronsync-login-'));
  await writeFile(join(dir, 'login.mjs'), source);
  const hidden: string[] = [];
  const hide = (secret: string) => hidden.push(secret);
  return { hidden, ask: loginAsker({ part: 'target', module: './login.mjs', dir, timeoutMs, hide }) };
}

test('passes on what is asked for, checks what comes, and hides the password', async () => {
  const { ask, hidden } = await asking(`export default async ({ signal, ...request }) => {
    if (signal.aborted) throw new Error('too early');
    return { username: JSON.stringify(request), password: 'a token', expires: '2126-01-01T00:00:00Z' };
  };`);
  const login = await ask(where);
  expect(JSON.parse(login.username ?? '')).toEqual({ ...where, part: 'target' });
  expect(login).toMatchObject({ password: 'a token', expiresAt: Date.UTC(2126, 0, 1) });
  expect(hidden).toEqual(['a token']);
});

test.each([
  ['new Date(Date.UTC(2126, 0, 1))', Date.UTC(2126, 0, 1)],
  ['Date.UTC(2126, 0, 1)', Date.UTC(2126, 0, 1)],
  ['undefined', null],
])('takes %s as the end', async (expires, expiresAt) => {
  const { ask } = await asking(`export default () => ({ password: 'a token', expires: ${expires} });`);
  expect(await ask(where)).toEqual({ username: undefined, password: 'a token', expiresAt });
});

test.each<[string, string, new (message: string) => SyncError, RegExp]>([
  ['is not there', '', ConfigError, /no default export/],
  ['is not a function', 'export default "word";', ConfigError, /does not export a function; nothing was written$/],
  ['returns nothing', 'export default () => {};', ConfigError, /returned no password; nothing/],
  ['returns no text', 'export default () => ({ password: 5 });', ConfigError, /returned no password/],
  ['names no user', 'export default () => ({ password: "p", username: 5 });', ConfigError, /not a text/],
  ['has no date', 'export default () => ({ password: "p", expires: "soon" });', ConfigError, /not a date/],
  ['is late', 'export default () => ({ password: "p", expires: 1 });', UnreachableError, /has expired; nothing/],
  ['throws', 'export default () => { throw new Error("no metadata"); };', UnreachableError, /failed: no metadata; /],
  ['never answers', 'export default () => new Promise(() => {});', UnreachableError, /within 200ms; nothing was/],
  [
    'throws one of ours',
    `class CredentialsError extends Error { exitCode = 77; }
    export default () => { throw new CredentialsError('no'); };`,
    CredentialsError,
    /^no$/,
  ],
])('a module that %s is an error with a name', async (_, source, type, message) => {
  const { ask } = await asking(source, 200);
  const error = await failureOf(ask(where));
  expect(error).toBeInstanceOf(type);
  expect(String((error as Error).message)).toMatch(message);
});
