// `node --test`: the checks that every adapter keeps to, and a recording of the real server.
import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openRecording, readPass, type ServeThirdParty, testAdapter } from 'cronsync/testing';
import adapter from './adapter.ts';

const currencies = ['AUD', 'CHF', 'EUR', 'JPY', 'USD'].map((code) => ({ code, name: `The ${code}`, minorUnits: 2 }));

/** As much of the API as the adapter asks for. */
const serve: ServeThirdParty = ({ body }, { records }) => {
  const { first, after } = JSON.parse(body).variables as { readonly first: number; readonly after: string | null };
  const from = Number(after ?? 0);
  const pageInfo = { hasNextPage: from + first < records.length, endCursor: String(from + first) };
  return {
    body: { data: { currencies: { totalCount: records.length, nodes: records.slice(from, from + first), pageInfo } } },
  };
};

testAdapter(test, {
  resource: 'currencies',
  create: (baseUrl) => adapter.create({ baseUrl, pageSize: 2 }),
  serve,
  records: currencies,
  key: 'code',
  hits: 3,
});

test('reads what the server answered when it was recorded', async () => {
  const recording = fileURLToPath(new URL('./recorded/currencies.http', import.meta.url));
  const ours = await adapter.create({ baseUrl: 'http://127.0.0.1:4003', pageSize: 5 });
  const { records } = await readPass(ours, 'currencies', openRecording(recording));
  equal(records.length, 10);
  deepEqual(records.at(-1), { code: 'USD', name: 'United States dollar', minorUnits: 2 });
});
