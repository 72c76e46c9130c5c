import { readFile } from 'node:fs/promises';
import { ConfigError, messageOf } from '../../errors.ts';
import type { TapFile } from './options.ts';

/** Says how a stream is read: `FULL_TABLE`, `INCREMENTAL`, `LOG_BASED`; undefined where the catalog does not say. */
export type ReplicationMethods = (stream: string) => string | undefined;

/** Reads the catalog, once for all streams. Throws `ConfigError` for one that cannot be read. */
export async function readCatalog(catalog: TapFile | undefined): Promise<ReplicationMethods> {
  const { streams } = members(typeof catalog === 'string' ? await readJson(catalog) : catalog);
  const entries = (Array.isArray(streams) ? streams : []).map(members);
  return (stream) => {
    const methods = methodsOf(entries.find((one) => one.stream === stream || one.tap_stream_id === stream));
    if (new Set(methods).size > 1) throw contradiction(stream, methods);
    return methods[0];
  };
}

/** Which of them a tap goes by is its own affair: read as another one, rows would be taken for gone. */
function contradiction(stream: string, methods: readonly string[]): ConfigError {
  return new ConfigError(
    `the catalog says of the stream ${stream} both ${[...new Set(methods)].join(' and ')}; no hit was made`,
    {
      hint: 'replication_method of the stream, and replication-method in its metadata, must be the same.',
    },
  );
}

/** The method is a member of the entry, or in its metadata, under the empty breadcrumb that means the whole stream. */
function methodsOf(entry: Members | undefined): readonly string[] {
  const ofTable = (Array.isArray(entry?.metadata) ? entry.metadata : [])
    .map(members)
    .find(({ breadcrumb }) => Array.isArray(breadcrumb) && breadcrumb.length === 0);
  const { 'replication-method': chosen, 'forced-replication-method': forced } = members(ofTable?.metadata);
  return [entry?.replication_method, chosen, forced].filter(isSaid);
}

/** A tap that leaves the choice to the catalog discovers an empty text. */
function isSaid(method: unknown): method is string {
  return typeof method === 'string' && method !== '';
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new ConfigError(`the catalog ${path} cannot be read: ${messageOf(cause)}; no hit was made`, { cause });
  }
}

type Members = Readonly<Record<string, unknown>>;

function members(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}
