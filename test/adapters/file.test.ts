import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RecordChunk } from '../../src/adapter.ts';
import { createFileAdapter } from '../../src/adapters/file/file.ts';
import { arrayElements } from '../../src/adapters/file/json-array.ts';
import { LineCutter } from '../../src/adapters/file/line-cutter.ts';
import { ndjsonLines } from '../../src/adapters/file/ndjson.ts';
import type { FileResource } from '../../src/adapters/file/options.ts';
import { ConfigError, ProtocolError, ThirdPartyError } from '../../src/errors.ts';
import { parseJson } from '../../src/json.ts';
import { aThirdParty } from '../helpers/third-party.ts';
import { readPage } from './page-reader.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cronsync-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function read(
  content: string | Buffer,
  resource: Partial<FileResource> = {},
  name = 'export',
): Promise<unknown[]> {
  const path = join(folder, name);
  writeFileSync(path, content);
  const adapter = createFileAdapter({ resources: { people: { path, ...resource } } });
  return (await readPage(adapter, 'http://nowhere.invalid')).records;
}

const failure = (content: string | Buffer, resource?: Partial<FileResource>) =>
  read(content, resource).catch((error: unknown) => error);

/** The same bytes in chunks of every size up to a few. */
async function inChunks<Record>(
  bytes: Buffer,
  size: number,
  parse: (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Iterable<Record>>,
) {
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const records: Record[] = [];
  for await (const batch of parse(chunks())) records.push(...batch);
  return records;
}

async function* recordsOf(chunks: AsyncIterable<RecordChunk>) {
  for await (const { records } of chunks) yield records;
}

/** Cuts after some lines. */
const tiny = () => new LineCutter({ least: 8, most: 60 });

describe('formats', () => {
  test.each([
    ['export.json', '[{"a":1}]'],
    ['export.ndjson', '{"a":1}\n'],
    ['export.jsonl', '{"a":1}'],
    ['EXPORT.JSON.GZ', gzipSync('[{"a":1}]')],
    ['export', ' [{"a":1}]'],
    ['export', '\ufeff[{"a":1}]'],
    ['export', '{"a":1}\r\n\r\n'],
    ['export', gzipSync('\ufeff{"a":1}')],
    ['export.ndjson.zst', zstdCompressSync('{"a":1}')],
    ['export', zstdCompressSync('[{"a":1}]')],
  ])('%s is recognised', async (name, content) => {
    expect(await read(content, {}, name)).toEqual([{ a: 1 }]);
  });

  test('of a URL is derived from the content type', async () => {
    await using party = await aThirdParty();
    party.script({ headers: { 'content-type': 'text/csv; charset=utf-8' }, body: 'a\n1\n' });
    const adapter = createFileAdapter({ resources: { people: { url: `${party.url}/export` } } });
    expect((await readPage(adapter, party.url)).records).toEqual([{ a: '1' }]);
  });

  test('an unknown format is an error, not a guess', async () => {
    expect(await failure('a,b\n1,2\n')).toMatchObject({ exitCode: 76, hint: expect.stringContaining('format') });
  });
});

describe('paths', () => {
  test('one that is missing, or a folder, is named', async () => {
    for (const path of [join(folder, 'nothing'), folder]) {
      const adapter = createFileAdapter({ resources: { people: { path } } });
      const error = await readPage(adapter, 'http://nowhere.invalid').catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ThirdPartyError);
      expect((error as Error).message).toContain(path);
    }
  });

  test('a resource without one is a mistake in the config', async () => {
    const adapter = createFileAdapter({ resources: { people: {} } });
    await expect(readPage(adapter, 'http://nowhere.invalid')).rejects.toBeInstanceOf(ConfigError);
  });

  test('has one page, and a reader may leave in the middle', async () => {
    const path = join(folder, 'many');
    writeFileSync(path, '{"a":1}\n'.repeat(100_000));
    const adapter = createFileAdapter({ resources: { people: { path } } });
    const context = {
      http: { request: () => Promise.reject(new Error('no hit')) },
      log: console,
      signal: new AbortController().signal,
    };
    const page = await adapter.fetchPage(
      { resource: 'people', mode: 'snapshot', cursor: null, bookmark: null },
      context,
    );
    if (page.mode !== 'snapshot') throw new Error('expected a snapshot');
    let count = 0;
    for await (const _record of page.records) {
      count += 1;
      if (count === 10) break;
    }
    expect(count).toBe(10);
    expect(page.next).toBeNull();
  });
});

describe('JSON', () => {
  const tricky = [
    { text: 'a"b\\', braces: '}],{[', nested: [[], {}, [{ deep: [1, 2, '€𝄞'] }]], emoji: '👩‍👩‍👧' },
    'text, with "commas"',
    [1, 2],
    null,
    -1.5e3,
    {},
  ];

  test('is cut between elements wherever chunks end', async () => {
    const bytes = Buffer.from(JSON.stringify(tricky, null, 1));
    for (let size = 1; size < 20; size += 1) {
      expect(await inChunks(bytes, size, (chunks) => arrayElements(chunks, [], 'it'))).toEqual(tricky);
    }
  });

  test('is found at a path, whatever stands around it', async () => {
    const document = {
      meta: { rows: ['x'], data: [{ rows: 1 }] },
      'a"b': '}',
      data: { note: 'rows', other: { rows: [0] }, rows: tricky, after: [1] },
      end: {},
    };
    const bytes = Buffer.from(JSON.stringify(document));
    for (const size of [1, 2, 3, 5, 7, 64, 10_000]) {
      expect(await inChunks(bytes, size, (chunks) => arrayElements(chunks, ['data', 'rows'], 'it'))).toEqual(tricky);
    }
    expect(await read(bytes, { format: 'json', records: 'data.rows' })).toEqual(tricky);
  });

  test('gives any array back, in chunks of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue()),
        fc.integer({ min: 1, max: 50 }),
        fc.boolean(),
        async (values, size, isNested) => {
          const text = JSON.stringify(isNested ? { x: 1, data: values, y: [2] } : values);
          const found = await inChunks(Buffer.from(text), size, (chunks) =>
            arrayElements(chunks, isNested ? ['data'] : [], 'it'),
          );
          expect(found).toEqual(parseJson(JSON.stringify(values)));
        },
      ),
    );
  });

  test('is never whole when any of its end is missing', async () => {
    const bytes = Buffer.from(`{"data": ${JSON.stringify(tricky)}, "next": {"a": "}"}}`);
    for (let length = 1; length < bytes.length; length += 1) {
      const cut = inChunks(bytes.subarray(0, length), 7, (chunks) => arrayElements(chunks, ['data'], 'it'));
      await expect(cut, `the first ${length} bytes`).rejects.toBeInstanceOf(ProtocolError);
    }
  });

  test.each([
    '[1,]',
    '[,1]',
    '[1,,2]',
    '[,]',
    '[1 2]',
    '[1}',
    '[1]x',
    '[1]]',
    '["\xff"]',
    '[{"a":1,}]',
    '{"a":[1]}',
    'null',
    '',
    '[1',
    '"["',
  ])('%s is broken', async (text) => {
    for (const size of [1, 2, 100]) {
      const bytes = Buffer.from(text, 'latin1');
      await expect(inChunks(bytes, size, (chunks) => arrayElements(chunks, [], 'it'))).rejects.toBeInstanceOf(
        ProtocolError,
      );
    }
  });

  test.each([
    ['{"data": null}', 'data', /`data` of .* is null/],
    ['{"data": {"a": []}}', 'data', /`data` of .* is an object/],
    ['{"other": []}', 'data', /nothing at `data`/],
    ['{"data": [1]}', 'data.rows', /`data` of .* is an array/],
  ])('%s has no array at %s', async (content, records, message) => {
    expect(await failure(content, { format: 'json', records })).toMatchObject({
      exitCode: 76,
      message: expect.stringMatching(message),
    });
  });

  test('may be an empty array', async () => {
    expect(await read(' [ \n ] ', { format: 'json' })).toEqual([]);
  });

  test('keeps integers past 2^53', async () => {
    expect(await read('[{"id": 12345678901234567890}]')).toEqual([{ id: 12345678901234567890n }]);
  });

  test('a path that is more than dots is a mistake in the config', async () => {
    expect(await failure('[]', { format: 'json', records: 'data[0]' })).toBeInstanceOf(ConfigError);
  });
});

describe('NDJSON', () => {
  test('gives any records back, in chunks of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue()),
        fc.integer({ min: 1, max: 50 }),
        fc.boolean(),
        async (values, size, hasEnd) => {
          const text = values.map((value) => JSON.stringify(value)).join('\n') + (hasEnd ? '\r\n\n' : '');
          const found = await inChunks(Buffer.from(text), size, (chunks) =>
            recordsOf(ndjsonLines(chunks, 'it', tiny())),
          );
          expect(found).toEqual(parseJson(JSON.stringify(values)));
        },
      ),
    );
  });

  test('is cut at the same lines however its bytes arrive, and around a line that is inserted', async () => {
    const lines = Array.from({ length: 3000 }, (_, n) => JSON.stringify({ id: n, note: 'x'.repeat(n % 90) }));
    const digests = async (text: string, size: number) => {
      const chunks: RecordChunk[] = [];
      await inChunks(Buffer.from(text), size, async function* (bytes) {
        for await (const chunk of ndjsonLines(bytes, 'it', new LineCutter({ least: 1000, most: 20_000 }))) {
          chunks.push(chunk);
          yield [];
        }
      });
      return chunks.map(({ digest }) => digest);
    };
    const before = await digests(lines.join('\n'), 65_536);
    expect(before.length).toBeGreaterThan(20);
    expect(await digests(lines.join('\n'), 77)).toEqual(before);
    const after = await digests(lines.toSpliced(100, 1, '{"id":-1}', '{"id":-2}').join('\n'), 4096);
    expect(before.filter((digest) => !after.includes(digest)).length).toBeLessThanOrEqual(3);
  });

  test('gives any of its records without those before it', async () => {
    const values = Array.from({ length: 40 }, (_, n) => ({ n }));
    const text = values.map((value) => JSON.stringify(value)).join('\n\n \n');
    const found = await inChunks(Buffer.from(text), 50, async function* (bytes) {
      for await (const chunk of ndjsonLines(bytes, 'it')) yield chunk.pick([0, 1, 17, 39, 40]);
    });
    expect(found).toEqual([values[0], values[1], values[17], values[39]]);
  });

  test.each(['{"a":1}\n{"a":', '{"a":1\n"b":2}', '1,2', '{"a":1}{"b":2}', '["\xff"]', '{"a":[{}\n{}]}'])(
    '%j is broken',
    async (text) => {
      expect(await failure(Buffer.from(text, 'latin1'), { format: 'ndjson' })).toBeInstanceOf(ProtocolError);
    },
  );

  test('says in which line', async () => {
    expect(await failure('{}\n\n{}\n{"a\n{}', { format: 'ndjson' })).toMatchObject({
      message: expect.stringContaining('line 4'),
    });
  });

  test('may be empty', async () => {
    expect(await read('', { format: 'ndjson' })).toEqual([]);
  });
});

describe('CSV', () => {
  const csv = (content: string | Buffer, options: FileResource['csv'] = {}) =>
    read(content, { format: 'csv', csv: options });

  test('quotes, line ends, empty fields', async () => {
    expect(await csv('\ufeffid,name,note\r\n1,"Zoë ""Z"", of\nOld",\r\n\r\n2,,""\r\n')).toEqual([
      { id: '1', name: 'Zoë "Z", of\nOld', note: null },
      { id: '2', name: null, note: null },
    ]);
  });

  test('its own delimiter, quote, names and encoding', async () => {
    const content = Buffer.from("1;'Zo\xeb; Z'\n", 'latin1');
    expect(await csv(content, { delimiter: ';', quote: "'", header: ['id', 'name'], encoding: 'latin1' })).toEqual([
      { id: '1', name: 'Zoë; Z' },
    ]);
    expect(await csv(Buffer.from('\ufeffa\n€\n', 'utf16le'), { encoding: 'utf-16le' })).toEqual([{ a: '€' }]);
  });

  test('a header alone is an empty list', async () => {
    expect(await csv('id,name\n')).toEqual([]);
    expect(await csv('', { header: ['id'] })).toEqual([]);
  });

  test('many rows in many chunks', async () => {
    const rows = Array.from({ length: 50_000 }, (_, at) => ({ id: String(at), name: `Zoë ${at}` }));
    expect(await csv(`id,name\n${rows.map(({ id, name }) => `${id},"${name}"\n`).join('')}`)).toEqual(rows);
  });

  test.each<[string, string, FileResource['csv']]>([
    ['an open quote', 'a,b\n1,"2\n', {}],
    ['a row cut short', 'a,b\n1,2\n3\n', {}],
    ['a row too long', 'a,b\n1,2\n3,4,5\n', {}],
    ['rows that fit each other but not the names', '1,2\n3,4\n', { header: ['a'] }],
    ['nothing instead of a header', '', {}],
    ['a column twice', 'a,a\n1,2\n', {}],
    ['bytes of another encoding', 'a\nZo\xeb\n', {}],
    ['a last line without its end, where there always is one', 'a,b\n1,2\n3,4', { newlineAtEnd: true }],
    ['a character cut at the end', 'a\nZo\xc3', {}],
  ])('%s is not a page', async (_title, content, options) => {
    const error = await csv(Buffer.from(content, 'latin1'), options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProtocolError);
  });

  test('a last line may be without its end, unless the config says otherwise', async () => {
    expect(await csv('a,b\n1,2\n3,4')).toHaveLength(2);
    expect(await csv('a,b\r\n1,2\r\n3,4\r\n', { newlineAtEnd: true })).toHaveLength(2);
  });

  test('an encoding that is none is a mistake in the config', async () => {
    await expect(csv('a\n', { encoding: 'klingon' })).rejects.toBeInstanceOf(ConfigError);
  });
});

test.each([
  ['HTML', { headers: { 'content-type': 'text/html' }, body: '<html>' }],
  ['a broken line', { body: `{"a":1\n${'{}\n'.repeat(100_000)}` }],
  ['no known format', { body: 'a,b' }],
])('%s ends the connection, although the body would go on', async (_title, scripted) => {
  await using party = await aThirdParty();
  party.script({ ...scripted, body: scripted.body.padEnd(200), hang: 'in-body' });
  const adapter = createFileAdapter({ resources: { people: { url: `${party.url}/export` } } });
  await expect(readPage(adapter, party.url)).rejects.toBeInstanceOf(ProtocolError);
  await expect.poll(() => party.connections()).toBe(0);
});

test('zstd that is cut or damaged is not a page', async () => {
  const packed = zstdCompressSync('{"a":1}\n'.repeat(1000));
  for (const bytes of [
    packed.subarray(0, -1),
    packed.subarray(0, 20),
    Buffer.concat([packed.subarray(0, 9), packed]),
    Buffer.concat([packed, packed]),
  ])
    expect(await failure(bytes)).toBeInstanceOf(ProtocolError);
});

test('gzip that is cut or damaged is not a page', async () => {
  const packed = gzipSync('{"a":1}\n'.repeat(1000));
  for (const bytes of [
    packed.subarray(0, -9),
    packed.subarray(0, 30),
    Buffer.concat([packed.subarray(0, 40), Buffer.alloc(20, 1), packed.subarray(60)]),
  ]) {
    expect(await failure(bytes, { format: 'ndjson' })).toBeInstanceOf(ProtocolError);
  }
});

describe('a packed file at a URL', () => {
  const rows = (count: number) =>
    `[${Array.from({ length: count }, (_, id) => JSON.stringify({ id, name: `n${id}` }))}]`;
  const fetched = async (content: Buffer, maxBodyBytes: number, headers: Readonly<Record<string, string>> = {}) => {
    await using party = await aThirdParty();
    party.script({ body: content, headers });
    const adapter = createFileAdapter({ maxBodyBytes, resources: { people: { url: `${party.url}/people.json.gz` } } });
    return await readPage(adapter, party.url).then(
      ({ records }) => records.length,
      (error: unknown) => error,
    );
  };

  test('may unpack to as much as a body may hold', async () => {
    const text = rows(10_000);
    expect(await fetched(gzipSync(text), text.length)).toBe(10_000);
    const error = await fetched(gzipSync(text), text.length - 1);
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ message: expect.stringContaining(`unpacks to more than ${text.length - 1} bytes`) });
  });

  test('that is a bomb costs neither time nor memory', async () => {
    const bomb = gzipSync(`[${'{},'.repeat(10_000_000)}{}]`);
    const before = process.memoryUsage.rss();
    const error = await fetched(bomb, 256_000_000);
    expect(error).toMatchObject({ exitCode: 76, message: expect.stringContaining('200 times') });
    expect(process.memoryUsage.rss() - before).toBeLessThan(300_000_000);
  });

  test('packed twice is refused like any other bomb', async () => {
    const bomb = gzipSync(gzipSync(Buffer.alloc(400_000_000, ' ')));
    const error = await fetched(bomb, 256_000_000, { 'content-encoding': 'gzip' });
    expect(error).toMatchObject({ exitCode: 76, message: expect.stringContaining('200 times') });
  });
});

test('an error document in place of the array is quoted, and does not lead to `records`', async () => {
  for (const document of [
    '{"error": "the export has expired"}',
    '{ "errors": [{"message": "the export has expired"}] }',
  ]) {
    const error = await failure(document, { format: 'json' });
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ message: expect.stringMatching(/reports an error: .*the export has expired/) });
    expect((error as ProtocolError).hint).toBeUndefined();
  }
  expect(await read('{"error": null, "data": [{"id": 1}]}', { records: 'data', format: 'json' })).toEqual([{ id: 1 }]);
});
