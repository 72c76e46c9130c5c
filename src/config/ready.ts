import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { isObject } from './schema/objects.ts';

type Members = Readonly<Record<string, unknown>>;

/** An adapter that the package ships as config, with the resources that it suggests. */
interface Ready {
  readonly adapter: Members & { readonly resources: Members };
  readonly resources: Members;
}

/**
 * Completes a config with the ready adapters in `folder`. An adapter without a `type` is merged over the one that it `extends`,
 * or else over the one of its own name; the selected one may be missing from the config. Of the ready adapter's resources
 * those remain that the config has, each merged over the suggested one; a config without resources gets all of them.
 */
export function withReadyAdapters(config: Members, selected: unknown, folder: string): Members {
  const names = readyNames(folder);
  const own = isObject(config.adapters) ? config.adapters : {};
  const isMissing = typeof selected === 'string' && !Object.hasOwn(own, selected) && names.includes(selected);
  const adapters: Members = isMissing ? { ...own, [selected]: {} } : own;
  const used = Object.entries(adapters).flatMap(([name, options]) => {
    const ready = readyFor(name, options, names);
    return ready === undefined ? [] : [[name, readReady(folder, ready)] as const];
  });
  if (used.length === 0) return config;

  const found = new Map(used);
  const resources = resourcesOf(config.resources, found.get(String(selected)));
  const laid = Object.entries(adapters).map(([name, options]) => {
    const ready = found.get(name);
    return [name, ready ? adapterOf(ready, options, resources) : options];
  });
  return { ...config, ...(resources !== undefined && { resources }), adapters: Object.fromEntries(laid) };
}

function readyNames(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length));
}

function readReady(folder: string, name: string): Ready {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
}

function readyFor(name: string, options: unknown, names: readonly string[]): string | undefined {
  if (!isObject(options) || options.type !== undefined) return undefined;
  if (options.extends === undefined) return names.includes(name) ? name : undefined;
  if (typeof options.extends === 'string' && names.includes(options.extends)) return options.extends;
  const suggestion = nearest(String(options.extends), names);
  throw new ConfigError(
    `adapters.${name}.extends is ${JSON.stringify(options.extends)}: expected a ready adapter (${names.join(', ')}); nothing was fetched or written`,
    suggestion === undefined ? {} : { hint: `Did you mean "${suggestion}"?` },
  );
}

function resourcesOf(own: unknown, ready: Ready | undefined): unknown {
  if (ready === undefined) return own;
  if (own === undefined) return ready.resources;
  if (!isObject(own)) return own;
  return mapMembers(own, (resource, name) => laidOver(ready.resources[name], resource));
}

function adapterOf(ready: Ready, options: unknown, resources: unknown): unknown {
  const { extends: _, ...own } = isObject(options) ? options : {};
  const wanted = isObject(resources) ? resources : {};
  const kept = Object.entries(ready.adapter.resources).filter(([name]) => Object.hasOwn(wanted, name));
  return laidOver({ ...ready.adapter, resources: Object.fromEntries(kept) }, own);
}

/** JSON Merge Patch (RFC 7396): null removes a member. An object with another `type` replaces the whole one. */
function laidOver(base: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const isOther = isObject(base) && typeof patch.type === 'string' && base.type !== patch.type;
  const under = isObject(base) && !isOther ? base : {};
  const names = new Set([...Object.keys(under), ...Object.keys(patch)]);
  const members = [...names].flatMap((name) => {
    if (!Object.hasOwn(patch, name)) return [[name, under[name]] as const];
    return patch[name] === null ? [] : [[name, laidOver(under[name], patch[name])] as const];
  });
  return Object.fromEntries(members);
}

function mapMembers(members: Members, change: (value: unknown, name: string) => unknown): Members {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, change(value, name)]));
}
