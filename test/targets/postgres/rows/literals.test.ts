import fc from 'fast-check';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { ByteWriter } from '../../../../src/byte-writer.ts';
import { type Session, sessionOn } from '../../../../src/targets/postgres/connection/session.ts';
import { copyField, textArray } from '../../../../src/targets/postgres/rows/literals.ts';
import { aPostgres } from '../../../helpers/postgres.ts';

async function aSession(): Promise<Session> {
  const database = await aPostgres();
  onTestFinished(() => database[Symbol.asyncDispose]());
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  onTestFinished(() => client.end());
  return sessionOn(client);
}

/** All that Postgres keeps: it knows no NUL, and half a surrogate pair has no UTF-8. */
const kept = (text: string) => text.replaceAll('\0', '').toWellFormed();
const nasty = fc.constantFrom(
  '',
  'NULL',
  '\\N',
  '\\.',
  '{}',
  '"',
  '\\',
  '\t',
  '\n',
  '\r\n',
  ',',
  'a"b\\c,{d}',
  '\x80ÿ€',
);
const text = fc.oneof(nasty, fc.string(), fc.string({ unit: 'binary' }), fc.string({ minLength: 100, maxLength: 400 }));
const lists = fc.array(fc.option(text.map(kept)), { maxLength: 20 });

test('a list of texts reaches Postgres as it is', async () => {
  const session = await aSession();
  await fc.assert(
    fc.asyncProperty(lists, async (list) => {
      const rows = await session.list('SELECT t FROM unnest($1::text[]) WITH ORDINALITY AS e (t, n) ORDER BY n', [
        textArray(list),
      ]);
      expect(rows.map(([found]) => found)).toEqual(list);
    }),
  );
});

test('a row reaches Postgres by COPY as it is', async () => {
  const session = await aSession();
  await session.query('CREATE TEMPORARY TABLE copied (n integer, a text, b text)');
  await fc.assert(
    fc.asyncProperty(lists, async (list) => {
      const lines = new ByteWriter(0);
      for (const [n, each] of list.entries()) lines.text(`${n}\t${copyField(each)}\t${copyField(each)}\n`);
      expect(await session.copy('COPY copied FROM STDIN', lines.bytes)).toBe(list.length);
      const rows = await session.list('SELECT a, b FROM copied ORDER BY n', []);
      expect(rows).toEqual(list.map((each) => [each, each]));
      await session.query('TRUNCATE copied');
    }),
  );
});
