import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { createSingerAdapter } from '../../src/adapters/singer/singer.ts';
import type { ThirdPartyState } from '../../src/testing.ts';
import { testAdapter } from '../contracts/adapter.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cronsync-singer-'));
  writeFileSync(join(folder, 'tap.mjs'), tap);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A tap in front of an API that speaks Singer itself: it says what it hears, and fails where the API does. */
const tap = `
  import { readFileSync } from 'node:fs';
  const [url, ...args] = process.argv.slice(2);
  const at = args.indexOf('--state');
  const query = at === -1 ? '' : '?since=' + JSON.parse(readFileSync(args[at + 1], 'utf8'));
  const answer = await fetch(url + query, { redirect: 'error' });
  if (!answer.ok) process.exit(1);
  for await (const chunk of answer.body) process.stdout.write(chunk);`;

function aTapAt(url: string, replicationMethod: 'FULL_TABLE' | 'INCREMENTAL') {
  const command = [process.execPath, join(folder, 'tap.mjs'), url];
  const catalog = { streams: [{ stream: 'people', replication_method: replicationMethod }] };
  const surroundings = { dir: folder, env: process.env, timeoutMs: 20_000, maxMessageBytes: 1_000_000 };
  return createSingerAdapter({ command, catalog, resources: { people: { stream: 'people' } } }, surroundings);
}

function said(records: ThirdPartyState['records'], state: string) {
  const messages = [
    { type: 'SCHEMA', stream: 'people', schema: {}, key_properties: ['id'] },
    ...records.map((record) => ({ type: 'RECORD', stream: 'people', record })),
    { type: 'STATE', value: state },
  ];
  return { body: messages.map((message) => `${JSON.stringify(message)}\n`).join('') };
}

const subject = {
  hits: 1,
  program: true,
  cutBody: '{"type":"SCHEMA","stream":"people","schema":{}}\n{"type":"RECORD","stream":"people","record":{"id":"1"',
};

testAdapter('singer that reads a full table', {
  ...subject,
  create: (url) => aTapAt(url, 'FULL_TABLE'),
  serve: (_hit, { records }) => said(records, 'one'),
});

testAdapter('singer that reads incrementally', {
  ...subject,
  create: (url) => aTapAt(url, 'INCREMENTAL'),
  serve: ({ url }, { records, changed }) =>
    url.searchParams.has('since') ? said(changed, 'two') : said(records, 'one'),
  changes: true,
  tombstones: false,
});
