import { createReadStream } from 'node:fs';
import { access, constants, type FileHandle, mkdir, open } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';
import { dirname } from 'node:path';
import type { HttpClient, HttpResponse, Mode } from '../adapter.ts';
import { messageOf, ProtocolError, UnreachableError, UsageError } from '../errors.ts';
import { headerFields } from './headers.ts';
import type { Headers } from './rate-limit.ts';
import { isPage } from './verdict.ts';

/** Saves answers in files, while their bodies are read: `--save`. */
export interface Recorder {
  save(response: HttpResponse): Promise<HttpResponse>;
}

const longestHead = 64 * 1024;

/**
 * Saves the first answer in this file, the next ones beside it: `page.http`, `page.http.2`, `page.http.3`. Creates its
 * folder. Throws `UsageError`, before any hit, if nothing can be written there.
 */
export async function createRecorder(file: string): Promise<Recorder> {
  const folder = dirname(file);
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new UsageError(`answers cannot be saved in ${folder}: ${messageOf(cause)}; no hit was made`, { cause });
  }
  let answers = 0;
  return {
    async save(response) {
      answers += 1;
      const name = nameOf(file, answers);
      const handle = await openOwn(name).catch((error) => {
        throw new UsageError(`the answer cannot be saved in ${name}: ${messageOf(error)}; nothing was written`, {
          cause: error,
        });
      });
      await saving(name, () => handle.writeFile(headOf(response)));
      if (response.status === 204 || response.status === 304) {
        await handle.close();
        return response;
      }
      return { ...response, body: copied(response.body, { name, handle }) };
    },
  };
}

/** Answers from the files that `--save` wrote, in the same order, or from a file that is only a body. It takes no slot and makes no hit. */
export function createFileClient(file: string): HttpClient {
  let answers = 0;
  return {
    async request({ url }) {
      answers += 1;
      const name = nameOf(file, answers);
      const chunks = await startReading(name, answers);
      const { status, headers, body } = await splitHead(chunks);
      if (!isPage(status))
        throw new ProtocolError(`${name} holds an answer with status ${status}, which is not a page; no hit was made`);
      return { status, url, headers: withoutValidators(headers), body };
    },
  };
}

/** A field in the head of a saved answer: the mode of its pass. */
const passField = 'cronsync-pass';

/** Saves with each answer the mode of its pass. */
export function notePass(recorder: Recorder, mode: Mode): Recorder {
  return {
    async save(response) {
      const { headers } = response;
      const saved = await recorder.save({ ...response, headers: { ...headers, [passField]: mode } });
      return { ...saved, headers };
    },
  };
}

/** Refuses the answer of a changes pass where a snapshot is needed: what it leaves out is not gone. */
export function demandPass(saved: HttpClient, mode: Mode): HttpClient {
  return {
    async request(request) {
      const response = await saved.request(request);
      if (mode === 'changes' || response.headers[passField] !== 'changes') return response;
      throw new UsageError(
        'the saved answer holds only what had changed, and this pass reads everything; nothing was written',
        { hint: 'Save another one with --full --save FILE.' },
      );
    },
  };
}

/** A file may have been edited, so the validators of the answer no longer describe it. */
function withoutValidators({ etag: _etag, 'last-modified': _lastModified, ...headers }: Headers): Headers {
  return headers;
}

/** An answer may hold personal data: nobody else may read it. */
async function openOwn(file: string): Promise<FileHandle> {
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.chmod(0o600);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function nameOf(file: string, answer: number): string {
  return answer === 1 ? file : `${file}.${answer}`;
}

function headOf({ status, headers }: HttpResponse): string {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd().concat('\n', ...fields, '\n');
}

async function* copied(
  body: AsyncIterable<Uint8Array>,
  { name, handle }: { readonly name: string; readonly handle: FileHandle },
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      await saving(name, () => handle.writeFile(chunk));
      yield chunk;
    }
  } finally {
    await handle.close();
  }
}

async function saving(name: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    throw new UnreachableError(
      `the answer cannot be saved in ${name}: ${messageOf(cause)}; the pass continues from its last commit`,
      {
        hint: 'Make room on this disk, or run without --save.',
        cause,
      },
    );
  }
}

async function startReading(file: string, page: number): Promise<AsyncIterator<Buffer>> {
  const handle = await open(file).catch((error) => {
    throw new UsageError(`${file} cannot be read: ${messageOf(error)}; no hit was made`, {
      cause: error,
      ...(page > 1 && { hint: `The saved answers end before page ${page}; --max-pages ${page - 1} stops there.` }),
    });
  });
  return createReadStream('', { fd: handle, highWaterMark: longestHead })[Symbol.asyncIterator]();
}

async function splitHead(chunks: AsyncIterator<Buffer>): Promise<Pick<HttpResponse, 'status' | 'headers' | 'body'>> {
  const { value: start = Buffer.alloc(0) } = (await chunks.next()) as { value?: Buffer };
  const [head, status] = /^HTTP\/1\.[01] (\d{3})[^\n]*\n(?:[^\n]+\n)*?\r?\n/.exec(start.toString('latin1')) ?? [];
  if (head === undefined) return { status: 200, headers: {}, body: resumed(start, chunks) };
  return { status: Number(status), headers: fieldsOf(head), body: resumed(start.subarray(head.length), chunks) };
}

function fieldsOf(head: string): Headers {
  const lines = head.split(/\r?\n/).slice(1).filter(Boolean);
  return headerFields(
    lines.flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  );
}

async function* resumed(start: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Uint8Array> {
  try {
    if (start.length > 0) yield start;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
