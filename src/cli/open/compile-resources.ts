import type { Keys } from '../../adapter.ts';
import type { AdapterConfig, Config, ResourceConfig } from '../../config/schema/schema.ts';
import { UsageError } from '../../errors.ts';
import { groupNamesOf } from '../../listener.ts';
import type { ChangesPlan, Resource } from '../../pass/resource.ts';
import type { Prepare, RawRecord } from '../../record.ts';
import { columnsOf } from '../../records/columns.ts';
import { hashOf } from '../../records/hash.ts';
import { compileKey, compileRekey } from '../../records/key.ts';
import { compilePrepare, type Mapping, mappedColumns } from '../../records/prepare.ts';
import { readersIn } from '../../records/readers.ts';
import { compileWatch } from '../../records/watch.ts';
import type { ListenerGroup } from '../../relay/groups.ts';
import type { ResourceTable } from '../../table.ts';
import { readVersion } from '../package.ts';
import type { Setting } from './app.ts';
import { openTransform } from './open-transform.ts';

/** Compiles the resources of the config: all of them, or those that were chosen by name. */
export async function compileResources(
  { loaded, config }: Setting,
  wanted: readonly string[] = [],
): Promise<Resource[]> {
  const names = Object.keys(config.resources);
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new UsageError(`there is no resource ${unknown.join(', ')}; the config has ${names.join(', ')}`);
  }
  const chosen = Object.entries(config.resources).filter(([name]) => wanted.length === 0 || wanted.includes(name));
  return Promise.all(chosen.map(([name, resource]) => compileResource(name, resource, config, loaded)));
}

async function compileResource(
  name: string,
  resource: ResourceConfig,
  config: Config,
  { shapeOf, dir }: Setting['loaded'],
): Promise<Resource> {
  const adapter = config.adapters[config.adapter];
  const mapping = mappingOf(name, resource, config);
  const prepare = await compileTransformed(mapping, adapter?.resources[name]?.transform, dir);
  const changes = await compileChanges(adapter, name, mapping, prepare);
  const parent = parentOf(name, config);
  return {
    table: tableOf(name, resource, mapping),
    ...(parent && { parent }),
    prepare,
    watch: await compileWatch(mapping),
    readersOf: readersIn(mapping),
    ...(resource.match && { rekey: compileRekey(mapping) }),
    ...(changes && { changes }),
    ...(comesInParts(adapter, name) && { keys: keysOf(prepare) }),
    hash: hashOf(mappedColumns(mapping)),
    shape: shapeOf(name),
    ...rememberingOf(shapeOf(name), adapter?.resources[name]?.transform, resource),
    everyMs: resource.everyMs ?? 0,
    maxRejectRatio: resource.rejectsRatio,
    maxPages: adapter?.maxPages ?? Number.MAX_SAFE_INTEGER,
    guard: resource.guard,
    expectations: resource.expect,
  };
}

/** A transform may do as it likes, and whose row a record is by `match` depends on the rows. */
function rememberingOf(
  shape: string,
  transform: string | undefined,
  { match }: ResourceConfig,
): Pick<Resource, 'chunks'> {
  if (transform !== undefined || match) return {};
  return { chunks: { meaning: `${shape} ${readVersion()} ${process.version}`, leastRecords: 1000 } };
}

function mappingOf(name: string, { schema, key, match, writeOnce }: ResourceConfig, config: Config): Mapping {
  const { map, emptyIsNull } = config.adapters[config.adapter]?.resources[name] ?? {};
  return { schema, key, map, emptyIsNull, match, writeOnce };
}

function tableOf(
  name: string,
  { table, key, schema, onDelete, match }: ResourceConfig,
  mapping: Mapping,
): ResourceTable {
  const columns = columnsOf(schema);
  const mapped = mappedColumns(mapping);
  return { resource: name, table, key, columns, mapped, onDelete, ...(match && { match }) };
}

/** The table of the resource that this one is `of`. */
function parentOf(name: string, config: Config): ResourceTable | undefined {
  const adapter = config.adapters[config.adapter];
  const of = adapter?.type === 'rest' ? adapter.resources[name]?.of : undefined;
  const parent = of === undefined ? undefined : config.resources[of];
  return of === undefined || !parent ? undefined : tableOf(of, parent, mappingOf(of, parent, config));
}

async function compileTransformed(mapping: Mapping, module: string | undefined, dir: string): Promise<Prepare> {
  const prepare = await compilePrepare(mapping);
  if (module === undefined) return prepare;
  const { transformed } = await import('../../records/transformed.ts');
  return transformed(prepare, await openTransform(module, dir));
}

function comesInParts(adapter: AdapterConfig | undefined, name: string): boolean {
  return adapter?.type === 'rest' && adapter.resources[name]?.parts !== undefined;
}

/** A part may lack what a record needs, and has its key all the same. */
function keysOf(prepare: Prepare): Keys {
  const record = (raw: RawRecord) => prepare(raw).key;
  return { record, tombstone: record };
}

const defaultFullEveryMs = 86_400_000;

async function compileChanges(
  adapter: AdapterConfig | undefined,
  name: string,
  mapping: Mapping,
  prepare: Prepare,
): Promise<ChangesPlan | undefined> {
  // A tap has one mode per stream, and does not say what was deleted.
  if (adapter === undefined || adapter.type === 'singer') return undefined;
  const options = adapter.resources[name];
  if (options === undefined || !('mode' in options) || options.mode !== 'changes') return undefined;
  const own = adapter.type === 'rest' ? adapter.resources[name]?.tombstones?.map : undefined;
  const tombstone = await compileKey({ ...mapping, map: own ?? mapping.map });
  const fullEveryMs = options.fullEveryMs ?? defaultFullEveryMs;
  return { fullEveryMs, keys: { record: (raw) => prepare(raw).key, tombstone } };
}

/** The consumer groups of the configured listeners: one each, or one for each shard. */
export function listenerGroups({ listeners }: Config): ListenerGroup[] {
  return Object.entries(listeners).flatMap(([listener, { from, shards }]) =>
    groupNamesOf(listener, shards).map((group) => ({ group, from })),
  );
}
