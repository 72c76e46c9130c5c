import { readFile } from 'node:fs/promises';
import { ConfigError, messageOf } from '../../errors.ts';
import type { TapFile } from './options.ts';

/** How a stream is read: `FULL_TABLE`, `INCREMENTAL` or `LOG_BASED`; undefined if the catalog does not say. */
export type ReplicationMethods = (stream: string) => string | undefined;

/** Reads the catalog once for all streams. Throws `ConfigError` if it cannot be read. */
export async function readCatalog(catalog: TapFile | undefined): Promise<ReplicationMethods> {
  const { streams } = members(typeof catalog === 'string' ? await readJson(catalog) : catalog);
  const entries = (Array.isArray(streams) ? streams : []).map(members);
  return (stream) => {
    const methods = methodsOf(entries.find((one) => one.stream === stream || one.tap_stream_id === stream));
    if (new Set(methods).size > 1) throw contradiction(stream, methods);
    return methods[0];
  };
}

/** It is unknown which of the two a tap uses. With the wrong one, rows would be deleted that still exist. */
function contradiction(stream: string, methods: readonly string[]): ConfigError {
  return new ConfigError(
    `the catalog gives the stream ${stream} both ${[...new Set(methods)].join(' and ')}; no hit was made`,
    {
      hint: 'Make "replication_method" of the stream and "replication-method" in its metadata the same.',
    },
  );
}

/** The method is a member of the entry, or in its metadata under the empty breadcrumb, which means the whole stream. */
function methodsOf(entry: Members | undefined): readonly string[] {
  const ofTable = (Array.isArray(entry?.metadata) ? entry.metadata : [])
    .map(members)
    .find(({ breadcrumb }) => Array.isArray(breadcrumb) && breadcrumb.length === 0);
  const { 'replication-method': chosen, 'forced-replication-method': forced } = members(ofTable?.metadata);
  return [entry?.replication_method, chosen, forced].filter(isSaid);
}

/** The discovery of a tap that leaves the choice to the catalog has an empty text. */
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
