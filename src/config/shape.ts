import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { canonicalJson } from '../record.ts';
import { isModulePath } from './modules.ts';
import { isObject } from './schema/objects.ts';

/** Options of an adapter that decide how requests are made, not what an answer means. */
const requestOptions: ReadonlySet<string> = new Set([
  'auth',
  'throttle',
  'timeout',
  'maxBody',
  'maxPages',
  'resources',
  'tls',
  'proxy',
]);

export interface ShapeOptions {
  readonly redact: (text: string) => string;
  /** The folder of the config. */
  readonly dir: string;
}

/**
 * A digest of what the meaning of a page of this resource depends on: the adapter's name (two accounts may differ in nothing
 * else), its type and place, its options for the resource with the text of its transform, and the resource's map, key,
 * match, writeOnce and schema. It is taken from the config as written, so that new defaults do not change it, and without secrets, so that a
 * rotated token does not.
 */
export function shapeOf(written: unknown, resource: string, { redact, dir }: ShapeOptions): string {
  const config = membersOf(written);
  const name = String(config.adapter);
  const { schema, key, match, writeOnce } = membersOf(membersOf(config.resources)[resource]);
  const adapter = membersOf(membersOf(config.adapters)[name]);
  const place = Object.fromEntries(Object.entries(adapter).filter(([option]) => !requestOptions.has(option)));
  const options = membersOf(adapter.resources)[resource];
  const more = {
    ...listed('match', match),
    ...listed('writeOnce', writeOnce),
    ...transforming(membersOf(options).transform, dir),
  };
  const meaning = canonicalJson({ name, place, options, schema, key: [key].flat(), ...more });
  // Not imported above: a run that finds the lock held should not pay for loading it.
  const { hash } = process.getBuiltinModule('node:crypto');
  return hash('sha256', redact(meaning)).slice(0, 16);
}

function listed(name: string, fields: unknown): Readonly<Record<string, unknown>> {
  return fields === undefined ? {} : { [name]: [fields].flat() };
}

/** What the module imports is not looked at. */
function transforming(transform: unknown, dir: string): Readonly<Record<string, unknown>> {
  if (typeof transform !== 'string' || !isModulePath(transform)) return {};
  const file = resolve(dir, transform);
  return existsSync(file) ? { transform: readFileSync(file, 'utf8') } : {};
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}
