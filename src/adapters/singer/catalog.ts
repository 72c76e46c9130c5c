import { readFile } from 'node:fs/promises';
import { ConfigError, messageOf } from '../../errors.ts';
import type { TapFile } from './options.ts';

/** How a catalog says that a stream is read: `FULL_TABLE`, `INCREMENTAL`, `LOG_BASED`; undefined where it does not say. */
export async function replicationMethod(catalog: TapFile | undefined, stream: string): Promise<string | undefined> {
  const { streams } = members(typeof catalog === 'string' ? await readCatalog(catalog) : catalog);
  const entries = (Array.isArray(streams) ? streams : []).map(members);
  const entry = entries.find((one) => one.stream === stream || one.tap_stream_id === stream);
  const ofTable = (Array.isArray(entry?.metadata) ? entry.metadata : [])
    .map(members)
    .find(({ breadcrumb }) => Array.isArray(breadcrumb) && breadcrumb.length === 0);
  const { 'replication-method': chosen, 'forced-replication-method': forced } = members(ofTable?.metadata);
  const method = entry?.replication_method ?? chosen ?? forced;
  return typeof method === 'string' ? method : undefined;
}

async function readCatalog(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new ConfigError(`the catalog ${path} cannot be read: ${messageOf(cause)}; no hit was made`, { cause });
  }
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
