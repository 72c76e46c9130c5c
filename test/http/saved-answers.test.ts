import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HttpResponse } from '../../src/adapter.ts';
import { ProtocolError, UsageError } from '../../src/errors.ts';
import { createFileClient, createRecorder } from '../../src/http/saved-answers.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cronsync-'));
  file = join(folder, 'page.http');
});
afterEach(() => rmSync(folder, { recursive: true }));

const url = new URL('https://api.example/people');

function anAnswer(body: string | Buffer, headers = {}): HttpResponse {
  async function* chunks() {
    const bytes = Buffer.from(body);
    yield bytes.subarray(0, 3);
    yield bytes.subarray(3);
  }
  return { status: 200, url, headers, body: chunks() };
}

async function read({ body }: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

test('keeps status, headers and body while the body is read', async () => {
  const answer = await (await createRecorder(file)).save(
    anAnswer('{"a": 1}', { 'x-total': '7', link: '</2>; rel="next"' }),
  );
  expect(await read(answer)).toBe('{"a": 1}');
  expect(readFileSync(file, 'utf8')).toBe('HTTP/1.1 200 OK\nx-total: 7\nlink: </2>; rel="next"\n\n{"a": 1}');
});

test('keeps later answers beside the first', async () => {
  const recorder = await createRecorder(file);
  await read(await recorder.save(anAnswer('first')));
  await read(await recorder.save(anAnswer('second')));
  expect(readFileSync(file, 'utf8')).toMatch(/first$/);
  expect(readFileSync(`${file}.2`, 'utf8')).toMatch(/second$/);
});

test('makes the folder for it', async () => {
  const deep = join(folder, 'as', 'deep', 'page.http');
  await read(await (await createRecorder(deep)).save(anAnswer('first')));
  expect(readFileSync(deep, 'utf8')).toMatch(/first$/);
});

test('says before any hit that it cannot be kept', async () => {
  writeFileSync(file, '');
  await expect(createRecorder(join(file, 'below', 'a-file'))).rejects.toBeInstanceOf(UsageError);
});

test('reports an answer that cannot be saved after all', async () => {
  await expect((await createRecorder(folder)).save(anAnswer(''))).rejects.toBeInstanceOf(UsageError);
});

test('answers with what was kept, byte for byte', async () => {
  const body = Buffer.from(Array.from({ length: 200_000 }, (_, at) => at % 256));
  await read(await (await createRecorder(file)).save(anAnswer(body, { 'x-total': '7', link: '</2>; rel="next"' })));
  const answer = await createFileClient(file).request({ url });
  expect(answer).toMatchObject({ status: 200, url, headers: { 'x-total': '7', link: '</2>; rel="next"' } });
  expect(await read(answer)).toBe(body.toString('latin1'));
});

test.each([
  ['a body alone', '[{"id": 1}]\n\n', '[{"id": 1}]\n\n', {}],
  ['nothing', '', '', {}],
  ['headers with carriage returns', 'HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\n[]', '[]', { 'x-a': '1' }],
  ['a status without headers', 'HTTP/1.1 200\n\n[]', '[]', {}],
])('answers with %s', async (_title, content, body, headers) => {
  writeFileSync(file, content);
  const answer = await createFileClient(file).request({ url });
  expect({ ...answer.headers }).toEqual(headers);
  expect(await read(answer)).toBe(body);
});

test('answers one request after another with what was kept beside the first, to the last', async () => {
  const recorder = await createRecorder(file);
  await read(await recorder.save(anAnswer('first')));
  await read(await recorder.save(anAnswer('second')));
  const client = createFileClient(file);
  expect(await read(await client.request({ url }))).toBe('first');
  expect(await read(await client.request({ url }))).toBe('second');
  await expect(client.request({ url })).rejects.toMatchObject({
    message: expect.stringContaining('page.http.3'),
    hint: expect.stringContaining('--max-pages 2'),
  });
});

test('a saved answer that was not a page is not a page when it is replayed', async () => {
  writeFileSync(file, 'HTTP/1.1 503 Service Unavailable\n\nno');
  await expect(createFileClient(file).request({ url })).rejects.toBeInstanceOf(ProtocolError);
});

test('a file that is not there is named', async () => {
  await expect(createFileClient(file).request({ url })).rejects.toThrow(file);
});

test('an answer is saved for its own user only, also in place of a file that others could read', async () => {
  writeFileSync(file, 'old');
  chmodSync(file, 0o644);
  const recorder = await createRecorder(file);
  for (const name of [file, `${file}.2`]) {
    await read(await recorder.save(anAnswer('[]')));
    expect(statSync(name).mode & 0o777).toBe(0o600);
  }
});
