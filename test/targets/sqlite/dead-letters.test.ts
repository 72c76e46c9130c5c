import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { UnreachableError } from '../../../src/errors.ts';
import type { DeadLetters } from '../../../src/listener.ts';
import { openSqliteDeadLetters } from '../../../src/targets/sqlite/state/dead-letters.ts';
import { aDeadLetter, deadLettersContract } from '../../contracts/dead-letters.ts';

const timings = { targetBusyMs: 2000, targetBusyStepMs: 5 };

deadLettersContract('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cronsync-dead-'));
  const opened: (DeadLetters & AsyncDisposable)[] = [];
  return {
    async another(name = 'crm') {
      const dead = openSqliteDeadLetters({ file: join(folder, 'sync.db'), name, timings });
      opened.push(dead);
      return dead;
    },
    async close() {
      for (const dead of opened) await dead[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
});

async function aFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cronsync-dead-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'sync.db');
}

test('makes neither file nor table by looking', async () => {
  const file = await aFile();
  await using dead = openSqliteDeadLetters({ file, name: 'crm', timings });
  await dead.list({});
  await dead.drop('notify:5-1');
  expect(existsSync(file)).toBe(false);

  using database = new DatabaseSync(file);
  database.exec('CREATE TABLE customers (id TEXT)');
  expect(await dead.countByListener()).toEqual({});
  expect(database.prepare('SELECT name FROM sqlite_master').all()).toEqual([{ name: 'customers' }]);
});

test('waits for a lock of somebody else, for a while, and says what is guaranteed', async () => {
  const file = await aFile();
  await using dead = openSqliteDeadLetters({ file, name: 'crm', timings: { targetBusyMs: 50, targetBusyStepMs: 5 } });
  await dead.store(aDeadLetter());
  using database = new DatabaseSync(file);
  database.exec('BEGIN IMMEDIATE');

  const storing = dead.store(aDeadLetter({ group: 'audit' }));
  await expect(storing).rejects.toThrow(UnreachableError);
  await expect(dead.store(aDeadLetter({ group: 'audit' }))).rejects.toThrow('nothing was written');
  database.exec('COMMIT');
  expect(await dead.store(aDeadLetter({ group: 'audit' }))).toBe(true);
});

test('says what is wrong with a file that is not a database', async () => {
  const file = await aFile();
  await writeFile(file, 'this is text, and long enough to be no header of a database at all');
  await using dead = openSqliteDeadLetters({ file, name: 'crm', timings });
  await expect(dead.list({})).rejects.toThrow('is not a SQLite database');
});
