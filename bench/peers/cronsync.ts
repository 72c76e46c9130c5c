import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { customerSchema } from '../records.ts';
import type { Command } from './started.ts';

const bin = fileURLToPath(new URL('../../bin/sync.js', import.meta.url));
const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
export const packageVersion: string = JSON.parse(manifest).version;

export interface Sync {
  readonly name: string;
  readonly folder: string;
  readonly redisUrl: string;
  /** A file, or the origin of the server of pages. */
  readonly path: string;
  readonly target: object;
}

/** The built command, on a config of its own. The guard is opened, because one phase deletes everything. */
export function cronsyncCommand({ name, folder, redisUrl, path, target }: Sync): Command {
  const isServer = path.startsWith('http');
  const pages = { path: '/customers', pagination: { type: 'page' } };
  const throttle = { hits: 1, per: '1ms', wait: '20s' };
  const adapter = isServer
    ? { type: 'rest', baseUrl: path, throttle, resources: { customers: pages } }
    : { type: 'file', resources: { customers: { path: newestExport(folder, path), format: 'ndjson' } } };
  const config = {
    name,
    adapter: 'export',
    resources: { customers: { key: 'id', schema: customerSchema } },
    adapters: { export: adapter },
    target,
    redis: { url: redisUrl },
    guard: { maxDeletes: 1e9, confirm: 1 },
  };
  writeFileSync(join(folder, 'sync.config.json'), JSON.stringify(config));
  return { argv: [process.execPath, bin, 'run'] };
}

/** As in real life, the file keeps its name, and has another content in each phase. Another name would be another resource. */
function newestExport(folder: string, version: string): string {
  const path = join(folder, 'export.jsonl');
  rmSync(path, { force: true });
  linkSync(version, path);
  return path;
}
