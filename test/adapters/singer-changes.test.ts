import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SingerOptions } from '../../src/adapters/singer/options.ts';
import { silentLog } from '../../src/log.ts';
import { readPage } from '../../src/testing/walk.ts';
import { aTapIn, record, say, schema, type TapParts } from './a-tap.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cronsync-singer-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const changing: TapParts = { resources: { people: { stream: 'people', mode: 'changes' } } };

async function readChanges(script: string, bookmark: string | null = null, parts: TapParts = {}) {
  const { adapter, context } = await aTapIn(folder, script, { ...changing, ...parts });
  return readPage(adapter, { resource: 'people', mode: 'changes', cursor: null, bookmark }, context);
}

/** Says its arguments and what is in the file of its state. */
const saySeenState = `
  const { existsSync, readFileSync, statSync } = await import('node:fs');
  const at = process.argv.indexOf('--state');
  const file = process.argv[at + 1];
  const seen = at === -1 ? 'none' : { file, text: readFileSync(file, 'utf8'), mode: statSync(file).mode & 0o777 };
  say({ type: 'RECORD', stream: 'people', record: { seen } });`;

describe('the mode of a stream', () => {
  const modeOf = async (entry: object | undefined, mode?: 'snapshot' | 'changes', file = false) => {
    const resources = { people: { stream: 'people', mode } };
    const catalog: SingerOptions['catalog'] = entry && { streams: [{ stream: 'others' }, entry] };
    const { adapter } = await aTapIn(folder, '', { resources, catalog: file ? join(folder, 'no.json') : catalog });
    return adapter.modes('people');
  };
  const metadata = (name: string, method: string) => [
    { breadcrumb: ['properties', 'id'], metadata: {} },
    { breadcrumb: [], metadata: { [name]: method } },
  ];

  test.each([
    ['the catalog says FULL_TABLE', { stream: 'people', replication_method: 'FULL_TABLE' }, undefined, 'snapshot'],
    ['the catalog says INCREMENTAL', { stream: 'people', replication_method: 'INCREMENTAL' }, undefined, 'changes'],
    [
      'its metadata says so',
      { stream: 'people', metadata: metadata('replication-method', 'INCREMENTAL') },
      undefined,
      'changes',
    ],
    [
      'its metadata forces it',
      { tap_stream_id: 'people', metadata: metadata('forced-replication-method', 'INCREMENTAL') },
      undefined,
      'changes',
    ],
    ['both say so', { stream: 'people', replication_method: 'INCREMENTAL' }, 'changes', 'changes'],
    ['the catalog leaves it open', { stream: 'people', replication_method: '' }, 'changes', 'changes'],
    ['the catalog is silent', { stream: 'people' }, 'changes', 'changes'],
    ['neither says anything', undefined, undefined, 'snapshot'],
  ] as const)('where %s', async (_title, entry, mode, expected) => {
    expect(await modeOf(entry, mode)).toEqual([expected]);
  });

  test.each([
    ['a log', { replication_method: 'LOG_BASED' }, undefined, 'FULL_TABLE or INCREMENTAL'],
    ['an unknown method', { replication_method: 'toString' }, undefined, 'FULL_TABLE or INCREMENTAL'],
    ['a full table that is called changes', { replication_method: 'FULL_TABLE' }, 'changes', 'make it INCREMENTAL'],
    ['changes that are called a snapshot', { replication_method: 'INCREMENTAL' }, 'snapshot', 'make it FULL_TABLE'],
  ] as const)('is refused before the tap is started: %s', async (_title, entry, mode, hint) => {
    const refused = modeOf({ stream: 'people', ...entry }, mode);
    await expect(refused).rejects.toMatchObject({ exitCode: 78, hint: expect.stringContaining(hint) });
  });

  test('is refused where the catalog contradicts itself', async () => {
    const metadata = [{ breadcrumb: [], metadata: { 'replication-method': 'INCREMENTAL' } }];
    const catalog = { streams: [{ stream: 'people', replication_method: 'FULL_TABLE', metadata }] };
    await expect(aTapIn(folder, '', { catalog })).rejects.toMatchObject({
      exitCode: 78,
      message: 'the catalog gives the stream people both FULL_TABLE and INCREMENTAL; no hit was made',
    });
  });

  test('is refused where the catalog cannot be read', async () => {
    await expect(modeOf(undefined, undefined, true)).rejects.toMatchObject({ exitCode: 78 });
  });
});

test.each([undefined, 'snapshot'] as const)(
  'bookmarks in a stream that only the config calls whole are refused: its mode is %s',
  async (mode) => {
    const script = say(schema('people', { bookmark_properties: ['at'] }), record(1));
    const { adapter, context } = await aTapIn(folder, script, { resources: { people: { stream: 'people', mode } } });
    const read = readPage(adapter, { resource: 'people', mode: 'snapshot', cursor: null, bookmark: null }, context);
    await expect(read).rejects.toMatchObject({ exitCode: 78, hint: expect.stringContaining('"mode": "changes"') });
  },
);

describe('the state', () => {
  const of = (value: unknown, more: object = {}) => ({ type: 'STATE', value, ...more });

  test('is that of the last STATE, whatever came before and after it', async () => {
    const script = say(of({}), schema(), record(1), of({ at: 1 }), record(2), of({ at: 2 }), record(3));
    const { records, deleted, bookmark } = await readChanges(script);
    expect(records).toHaveLength(3);
    expect(deleted).toEqual([]);
    expect(bookmark).toBe('{"state":{"at":2},"version":null}');
  });

  test.each([
    ['{"b":[1,{"a":null}],"a":"ä"}', '{"a":"ä","b":[1,{"a":null}]}'],
    ['{"id":9007199254740993}', '{"id":9007199254740993}'],
    ['[1,2]', '[1,2]'],
    ['"2026-01-01"', '"2026-01-01"'],
    ['0', '0'],
    ['false', 'false'],
    ['{}', '{}'],
  ])(
    '%s is given to the next start in a file that no other user can read and that is removed afterwards',
    async (value, text) => {
      const { bookmark } = await readChanges(`${say(schema())} say('{"type":"STATE","value":${value}}');`);
      const { records } = await readChanges(`${say(schema())} ${saySeenState}`, bookmark);
      const [{ seen }] = records as [{ seen: { file: string; text: string; mode: number } }];
      expect(seen).toMatchObject({ text, mode: 0o600 });
      expect(existsSync(seen.file)).toBe(false);
    },
  );

  test.each([
    ['before the first one', null],
    ['where the tap has forgotten it', '{"state":null,"version":null}'],
  ])('is not given %s', async (_title, bookmark) => {
    expect((await readChanges(`${say(schema())} ${saySeenState}`, bookmark)).records).toEqual([{ seen: 'none' }]);
  });

  test('stays if the tap gives none, with a warning only if there was none before', async () => {
    const warn = vi.fn();
    const log = { ...silentLog, warn };
    expect((await readChanges(say(schema()), '{"state":1,"version":null}', { log })).bookmark).toBeNull();
    expect(warn).not.toHaveBeenCalled();
    expect((await readChanges(say(schema()), null, { log })).bookmark).toBeNull();
    expect(warn.mock.calls).toEqual([[expect.stringContaining('without a STATE')]]);
  });

  test('has a value', async () => {
    await expect(readChanges(say(schema(), { type: 'STATE' }))).rejects.toMatchObject({
      exitCode: 76,
      message: expect.stringContaining('without a value'),
    });
  });

  test('is at most as long as a message may be', async () => {
    const script = `${say(schema())} say({ type: 'STATE', value: 'x'.repeat(2_000_000) });`;
    await expect(readChanges(script)).rejects.toMatchObject({ exitCode: 76 });
  });

  test('is of no meaning to a full table', async () => {
    const catalog = { streams: [{ stream: 'people', replication_method: 'FULL_TABLE' }] };
    const script = `${say(schema(), of({ at: 1 }))} ${saySeenState}`;
    const { adapter, context } = await aTapIn(folder, script, { catalog });
    const request = { resource: 'people', mode: 'snapshot', cursor: null, bookmark: null } as const;
    const page = await readPage(adapter, request, context);
    expect(page).toMatchObject({ records: [{ seen: 'none' }], bookmark: null });
  });
});

describe('a new version of the table', () => {
  const activate = (version: number) => ({ type: 'ACTIVATE_VERSION', stream: 'people', version });
  const state = { type: 'STATE', value: 1 };

  test('is a warning and deletes nothing: changes do not show which rows only the old one had', async () => {
    const warn = vi.fn();
    const log = { ...silentLog, warn };
    const first = await readChanges(say(schema(), activate(1), record(1, { version: 1 }), state), null, { log });
    expect(first.bookmark).toBe('{"state":1,"version":1}');
    const same = await readChanges(say(schema(), activate(1), state), first.bookmark, { log });
    const silent = await readChanges(say(schema(), state), same.bookmark, { log });
    expect(warn).not.toHaveBeenCalled();

    const script = say(schema(), record(2, { version: 1 }), record(1, { version: 2 }), state, activate(2));
    const next = await readChanges(script, silent.bookmark, { log });
    expect(next).toMatchObject({ records: [{ id: 2 }, { id: 1 }], deleted: [], bookmark: '{"state":1,"version":2}' });
    expect(warn.mock.calls).toEqual([[expect.stringContaining('new version of people')]]);
  });
});

test('BATCH is refused, as everywhere', async () => {
  const script = say(schema(), { type: 'BATCH', stream: 'people', manifest: [] });
  await expect(readChanges(script)).rejects.toMatchObject({ exitCode: 76, message: expect.stringContaining('BATCH') });
});

test('the tap runs in the folder of the config, and its files are named to it', async () => {
  const { records } = await readChanges(
    `${say(schema())} say({ type: 'RECORD', stream: 'people', record: { args: process.argv.slice(2), dir: process.cwd() } });`,
    '{"state":{},"version":null}',
    { config: { token: 't' } },
  );
  const [{ args, dir }] = records as [{ args: string[]; dir: string }];
  expect(args.filter((arg) => arg.startsWith('--'))).toEqual(['--config', '--state']);
  expect(dir).toBe(realpathSync(folder));
});
