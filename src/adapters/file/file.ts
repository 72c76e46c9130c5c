import { Readable } from 'node:stream';
import type { Adapter, AdapterContext, RecordChunk } from '../../adapter.ts';
import { ConfigError, ProtocolError } from '../../errors.ts';
import { excerpt } from '../../excerpt.ts';
import { plainPath } from '../../expression.ts';
import type { RawRecord } from '../../record.ts';
import type { Validators } from '../../validators.ts';
import { csvRows } from './csv.ts';
import { flatten } from './flatten.ts';
import { formatOf } from './format.ts';
import { arrayElements } from './json-array.ts';
import { ndjsonLines } from './ndjson.ts';
import type { FileOptions, FileResource } from './options.ts';
import { type Bytes, openPath, openUrl, type PipedIn, type Source, Stdin, stdinPath } from './source.ts';
import { startLength, startOf, unpacked } from './start.ts';

/**
 * Reads a JSON array, NDJSON or CSV, also packed with gzip or zstd, from a URL, a path or stdin. The memory does not grow with
 * the file. There is one page. A file that is cut inside a record throws while the records are read, so it never counts as a
 * shorter file.
 */
export function createFileAdapter(options: FileOptions, pipedIn: PipedIn = () => Readable.from([])): Adapter {
  const stdin = new Stdin(pipedIn);
  return {
    modes: () => ['snapshot'],
    isStable: () => true,
    async fetchPage({ resource: name, validators = null }, context) {
      const resource = resourceOf(options, name);
      const source = await open(resource, validators, stdin, context);
      if (source === null) return { mode: 'not-modified' };
      const found = chunksOf(source, resource, { ...context, maxUnpacked: maxUnpackedOf(resource, options) });
      const close = () => source.close();
      const [records, chunks] = [flatten(found, close), closedAfter(found, close)];
      return { mode: 'snapshot', records, chunks, next: null, validators: source.validators };
    },
  };
}

function resourceOf({ resources }: FileOptions, name: string): FileResource {
  const resource = Object.hasOwn(resources, name) ? resources[name] : undefined;
  if (resource === undefined) throw new ConfigError(`the adapter has no resource \`${name}\`; nothing was read`);
  return resource;
}

/** A file of this machine may be as large as it is. */
function maxUnpackedOf({ url }: FileResource, { maxBodyBytes }: FileOptions): number | null {
  return url === undefined ? null : (maxBodyBytes ?? null);
}

async function open(
  { path, url }: FileResource,
  validators: Validators | null,
  stdin: Stdin,
  { http }: AdapterContext,
): Promise<Source | null> {
  if (path === stdinPath) return stdin.open();
  if (path !== undefined) return openPath(path);
  if (url !== undefined) return openUrl(new URL(url), validators, http);
  throw new ConfigError('a file resource needs a `path` or a `url`; nothing was read');
}

async function* closedAfter(chunks: AsyncGenerator<RecordChunk>, close: () => void): AsyncGenerator<RecordChunk> {
  try {
    yield* chunks;
  } finally {
    close();
  }
}

async function* chunksOf(
  source: Source,
  resource: FileResource,
  { signal, maxUnpacked }: Pick<AdapterContext, 'signal'> & { readonly maxUnpacked: number | null },
): AsyncGenerator<RecordChunk> {
  const { bytes, first } = await startOf(unpacked(source.bytes, source.label, maxUnpacked));
  if (source.isHtml || /^\s*<(!doctype|html)/i.test(first))
    throw new ProtocolError(`${source.label} is HTML; nothing of it was written`);
  for await (const chunk of parse(bytes, first, source, resource)) {
    signal.throwIfAborted();
    yield chunk;
  }
}

function parse(bytes: Bytes, first: string, source: Source, resource: FileResource): AsyncIterable<RecordChunk> {
  switch (formatOf(resource, source, first)) {
    case 'json':
      return asChunks(withErrorQuoted(arrayElements(bytes, pathOf(resource), source.label), first, source.label));
    case 'ndjson':
      return ndjsonLines(bytes, source.label);
    case 'csv':
      return asChunks(csvRows(bytes, resource.csv ?? {}, source.label));
  }
}

/** Batches whose ends depend on how the bytes arrive cannot be recognised. */
async function* asChunks(batches: AsyncIterable<readonly RawRecord[]>): AsyncGenerator<RecordChunk> {
  for await (const records of batches) yield { digest: null, records };
}

/** A document that has no array where the records belong, and begins with an error, reports that error. */
async function* withErrorQuoted(
  batches: AsyncIterable<readonly RawRecord[]>,
  first: string,
  label: string,
): AsyncGenerator<readonly RawRecord[]> {
  let hasRecords = false;
  try {
    for await (const batch of batches) {
      hasRecords = true;
      yield batch;
    }
  } catch (error) {
    const isError = /^\s*\{\s*"errors?"\s*:/.test(first);
    if (hasRecords || !isError || !(error instanceof ProtocolError)) throw error;
    const start = excerpt(first.length < startLength ? first : `${first}…`, (text) => text);
    throw new ProtocolError(`${label} reports an error: ${start}; nothing of this page was written`, { cause: error });
  }
}

function pathOf({ records = '@' }: FileResource): readonly string[] {
  const path = plainPath(records);
  if (path) return path;
  throw new ConfigError(
    `\`${records}\` is not a dotted path, which a file needs because it is read as a stream; nothing was read`,
  );
}
