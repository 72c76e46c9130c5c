// What somebody writes in an hour: `node plain-postgres.ts FILE URL` upserts everything, and deletes nothing.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import pg from 'pg';

const [, , file = '', url = ''] = process.argv;
const kinds = {
  ...{ id: 'text', email: 'text', state: 'text', updated_at: 'timestamptz' },
  ...{ address: 'jsonb', tags: 'jsonb', note: 'text', visits: 'bigint' },
};
const names = Object.keys(kinds);
const upsert = `INSERT INTO customers (${names}) SELECT * FROM unnest(${Object.values(kinds).map((kind, at) => `$${at + 1}::${kind}[]`)})
  ON CONFLICT (id) DO UPDATE SET (${names.slice(1)}) = (${names.slice(1).map((name) => `excluded.${name}`)})`;
const client = new pg.Client({ connectionString: url });
await client.connect();
const textOf = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : value);
let batch: Record<string, unknown>[] = [];
const write = () =>
  client.query({ name: 'upsert', text: upsert, values: names.map((name) => batch.map((each) => textOf(each[name]))) });
for await (const line of createInterface({ input: createReadStream(file) })) {
  if (batch.push(JSON.parse(line)) < 5000) continue;
  await write();
  batch = [];
}
await write();
await client.end();
