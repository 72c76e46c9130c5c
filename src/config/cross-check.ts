import { hearsSync, rewindEnding, shardEnding } from '../listener.ts';
import { nearest } from '../nearest.ts';
import { syncPatterns } from '../sync-event.ts';
import { anyOf, describe, type Problem, pathOf } from './problems.ts';
import { redisFits } from './redis-fits.ts';
import { builtInAdapters } from './schema/adapters.ts';
import { isObject } from './schema/objects.ts';
import { targetFits } from './target-fits.ts';

type Members = Readonly<Record<string, unknown>>;
type Check = (config: Members) => readonly Problem[];

/**
 * Checks what no single part of the config shows: names that must exist elsewhere, and options that exclude each other.
 * `adapterNames` includes the adapters that were left out. Works on the config as written, whatever else is wrong with it, so
 * that all problems are reported together.
 */
export function crossCheck(config: Members, adapterNames: readonly string[]): readonly Problem[] {
  return [...adapterExists(config, adapterNames), ...checks.flatMap((check) => check(config))];
}

const checks: readonly Check[] = [
  adapterHasEveryResource,
  adapterResourcesExist,
  keysAreFields,
  mapsFit,
  parentsFit,
  matchFits,
  ownedFit,
  deletesFit,
  tablesAreApart,
  resourcesAreNotTheSync,
  listenersHearSomething,
  groupsAreApart,
  redisFits,
  targetFits,
];

function adapterExists({ adapter }: Members, names: readonly string[]): readonly Problem[] {
  if (typeof adapter !== 'string' || adapter === '') return [];
  return mustBeOneOf(['adapter'], adapter, names, 'the name of an adapter');
}

function adapterHasEveryResource({ adapter, adapters, resources }: Members): readonly Problem[] {
  const selected = membersOf(adapters)[String(adapter)];
  if (!isObject(selected) || (!isObject(selected.resources) && !isBuiltIn(selected))) return [];
  const known = membersOf(selected.resources);
  return Object.keys(membersOf(resources))
    .filter((resource) => !Object.hasOwn(known, resource))
    .map((resource) => ({
      path: pathOf(['adapters', adapter, 'resources', resource]),
      expected: `where the adapter finds the resource "${resource}"`,
      found: 'nothing',
    }));
}

function adapterResourcesExist({ adapters, resources }: Members): readonly Problem[] {
  if (!isObject(resources)) return [];
  return adapterResources(adapters).flatMap(({ path, resource }) =>
    mustBeOneOf(path, resource, Object.keys(resources), 'the name of a resource'),
  );
}

function keysAreFields({ resources }: Members): readonly Problem[] {
  return Object.entries(membersOf(resources)).flatMap(([resource, value]) => {
    const { key, schema } = membersOf(value);
    const { properties, required } = membersOf(schema);
    if (!isObject(properties)) return [];
    const fields = Object.keys(properties);
    const inSchema = (path: readonly string[], names: unknown) =>
      textsOf(names).flatMap((name) =>
        mustBeOneOf(['resources', resource, ...path], name, fields, 'a field of the schema'),
      );
    return [...inSchema(['key'], key), ...inSchema(['schema', 'required'], required)];
  });
}

function mapsFit({ adapters, resources }: Members): readonly Problem[] {
  return adapterResources(adapters).flatMap(({ path, resource, options }) => {
    const { key, schema } = membersOf(membersOf(resources)[resource]);
    const { properties, required } = membersOf(schema);
    const { map } = membersOf(options);
    if (!isObject(map) || !isObject(properties)) return [];
    const unknown = Object.keys(map).flatMap((field) =>
      mustBeOneOf([...path, 'map', field], field, Object.keys(properties), `a field of the schema of "${resource}"`),
    );
    const isUnmapped = (field: string) => Object.hasOwn(properties, field) && !Object.hasOwn(map, field);
    const missing = (because: string) => (field: string) => ({
      path: pathOf([...path, 'map', field]),
      expected: `where "${field}" comes from: ${because}`,
      found: 'nothing',
    });
    const keys = textsOf(key);
    const needed = textsOf(required).filter((field) => !keys.includes(field) && !allowsNull(properties[field]));
    return [
      ...unknown,
      ...formatsThatDoNotFit([...path, 'map'], map, properties),
      ...keys.filter(isUnmapped).map(missing(`it is the key of "${resource}"`)),
      ...needed.filter(isUnmapped).map(missing(`the schema of "${resource}" requires it`)),
    ];
  });
}

/** The key of a parent stands in the path of its children. */
function parentsFit({ adapters, resources }: Members): readonly Problem[] {
  return adapterResources(adapters).flatMap(({ path, resource, options }) => {
    const { of, path: written, query } = membersOf(options);
    if (typeof of !== 'string' || !isObject(resources)) return [];
    const found = { path: pathOf([...path, 'of']), found: describe(of) };
    if (of === resource) return [{ ...found, expected: 'another resource' }];
    const others = Object.keys(resources).filter((name) => name !== resource);
    const unknown = mustBeOneOf([...path, 'of'], of, others, 'the name of another resource');
    if (unknown.length > 0) return unknown;
    const { key, match } = membersOf(resources[of]);
    if (match !== undefined)
      return [{ ...found, expected: 'a resource without `match`: the third party may know its records by other ids' }];
    const texts = [written, ...Object.values(membersOf(query))].filter((text) => typeof text === 'string').join(' ');
    return textsOf(key)
      .filter((field) => !texts.includes(`{${field}}`))
      .map((field) => ({
        path: pathOf([...path, 'path']),
        expected: `{${field}}, of the key of "${of}"`,
        found: describe(written),
      }));
  });
}

/** A format makes a date or a time of a value. */
function formatsThatDoNotFit(path: readonly string[], map: Members, properties: Members): readonly Problem[] {
  return Object.entries(map).flatMap(([field, source]) => {
    const { format } = membersOf(source);
    const { type } = membersOf(properties[field]);
    if (format === undefined || type === undefined || textsOf(type).includes('string')) return [];
    const expected = 'no format, or a field of type "string": a format makes a date or a time';
    return [{ path: pathOf([...path, field, 'format']), expected, found: `${describe(format)} for ${describe(type)}` }];
  });
}

function matchFits({ adapter, adapters, resources }: Members): readonly Problem[] {
  return Object.entries(membersOf(resources)).flatMap(([resource, value]) => {
    const { key, match, schema } = membersOf(value);
    const properties = membersOf(schema).properties;
    if (!isObject(properties)) return [];
    const path = ['resources', resource, 'match'];
    const isOfKey = (field: string) => textsOf(key).includes(field);
    const { map } = membersOf(membersOf(membersOf(membersOf(adapters)[String(adapter)]).resources)[resource]);
    return textsOf(match).flatMap((field) => {
      const found = { path: pathOf(path), found: describe(field) };
      const unknown = mustBeOneOf(path, field, Object.keys(properties), 'a field of the schema');
      if (unknown.length > 0) return unknown;
      if (isOfKey(field) && textsOf(key).every((name) => textsOf(match).includes(name)))
        return [
          { ...found, expected: 'not every field of the key: records with the same key are the same record anyway' },
        ];
      if (textsOf(membersOf(properties[field]).type).some((type) => type === 'array' || type === 'object'))
        return [{ ...found, expected: 'a field with one value, not an array or an object' }];
      if (isObject(map) && !Object.hasOwn(map, field))
        return [{ ...found, expected: `a field that the adapter "${adapter}" maps` }];
      return [];
    });
  });
}

/** What the system owns does not identify a record, and a deletion does not write it. */
function ownedFit({ resources }: Members): readonly Problem[] {
  return Object.entries(membersOf(resources)).flatMap(([resource, value]) => {
    const { key, match, writeOnce, onDelete, schema } = membersOf(value);
    const { properties } = membersOf(schema);
    if (!isObject(properties)) return [];
    const path = ['resources', resource, 'writeOnce'];
    const identity = [...textsOf(key), ...textsOf(match)];
    return textsOf(writeOnce).flatMap((field) => {
      const found = { path: pathOf(path), found: describe(field) };
      if (identity.includes(field))
        return [{ ...found, expected: 'a field that is not part of the key or of `match`' }];
      if (Object.hasOwn(membersOf(membersOf(onDelete).set), field))
        return [{ ...found, expected: 'a field that `onDelete` does not set' }];
      return mustBeOneOf(path, field, Object.keys(properties), 'a field of the schema');
    });
  });
}

function deletesFit({ resources }: Members): readonly Problem[] {
  return Object.entries(membersOf(resources)).flatMap(([resource, value]) => {
    const { onDelete = 'soft', schema } = membersOf(value);
    const properties = membersOf(schema).properties;
    if (!isObject(properties)) return [];
    const path = ['resources', resource];
    if (onDelete === 'soft' && Object.hasOwn(properties, 'deleted_at')) {
      const expected = 'another name, or another onDelete: with "soft", deleted_at says when cronsync deleted the row';
      return [{ path: pathOf([...path, 'schema', 'properties', 'deleted_at']), expected, found: '"deleted_at"' }];
    }
    return Object.keys(membersOf(membersOf(onDelete).set)).flatMap((field) =>
      mustBeOneOf([...path, 'onDelete', 'set', field], field, Object.keys(properties), 'a field of the schema'),
    );
  });
}

function tablesAreApart({ resources }: Members): readonly Problem[] {
  const owners = new Map<string, string>();
  return Object.entries(membersOf(resources)).flatMap(([resource, value]) => {
    const { table = resource } = membersOf(value);
    if (typeof table !== 'string') return [];
    const owner = owners.get(table.toLowerCase());
    if (owner === undefined) owners.set(table.toLowerCase(), resource);
    if (owner === undefined) return [];
    return [
      {
        path: pathOf(['resources', resource, 'table']),
        expected: 'a table of its own',
        found: `"${table}", the table of "${owner}"`,
      },
    ];
  });
}

/** Types of events about the sync itself begin with its name. */
function resourcesAreNotTheSync({ resources }: Members): readonly Problem[] {
  if (!Object.hasOwn(membersOf(resources), 'sync')) return [];
  const expected = 'another name: events about the sync itself begin with "sync."';
  return [{ path: pathOf(['resources', 'sync']), expected, found: 'a resource called "sync"' }];
}

function listenersHearSomething({ listeners, resources }: Members): readonly Problem[] {
  if (!isObject(resources)) return [];
  return Object.entries(membersOf(listeners)).flatMap(([listener, value]) =>
    textsOf(membersOf(value).on).flatMap((pattern, at) =>
      patternProblems(['listeners', listener, 'on', at], pattern, Object.keys(resources)),
    ),
  );
}

const changes = ['created', 'updated', 'deleted', '*'];

function patternProblems(path: readonly unknown[], pattern: string, resources: readonly string[]): readonly Problem[] {
  if (pattern === '*') return [];
  if (hearsSync(pattern)) return mustBeOneOf(path, pattern, syncPatterns, 'an event about the sync itself');
  const [resource = '', change, ...more] = pattern.split('.');
  if (change === undefined || more.length > 0) {
    return [
      {
        path: pathOf(path),
        expected: 'a pattern such as "customers.deleted", "customers.*" or "*"',
        found: describe(pattern),
      },
    ];
  }
  const unknown = resource === '*' ? [] : mustBeOneOf(path, resource, resources, 'the name of a resource');
  return [...unknown, ...mustBeOneOf(path, change, changes, 'a kind of change')];
}

function groupsAreApart({ listeners }: Members): readonly Problem[] {
  const ofGroups = [
    { ending: shardEnding, expected: 'a name that does not end like a shard' },
    { ending: rewindEnding, expected: 'a name that does not end like a rewind' },
  ];
  return Object.keys(membersOf(listeners)).flatMap((name) =>
    ofGroups
      .filter(({ ending }) => ending.test(name))
      .map(({ expected }) => ({ path: pathOf(['listeners', name]), expected, found: `"${name}"` })),
  );
}

function mustBeOneOf(
  path: readonly unknown[],
  name: string,
  known: readonly string[],
  expected: string,
): readonly Problem[] {
  if (known.includes(name)) return [];
  const problem = { path: pathOf(path), expected, found: describe(name) };
  const suggestion = nearest(name, known);
  if (suggestion !== undefined) return [{ ...problem, suggestion }];
  return [known.length === 0 ? problem : { ...problem, expected: `${expected} (${anyOf(known)})` }];
}

function adapterResources(adapters: unknown) {
  return Object.entries(membersOf(adapters)).flatMap(([adapter, value]) =>
    Object.entries(membersOf(membersOf(value).resources)).map(([resource, options]) => {
      return { path: ['adapters', adapter, 'resources', resource], resource, options };
    }),
  );
}

/** Null and absent are the same: a field that may be null may be absent, whatever `required` says. */
function allowsNull(property: unknown): boolean {
  return textsOf(membersOf(property).type).includes('null');
}

function isBuiltIn({ type }: Members): boolean {
  return builtInAdapters.some((builtIn) => builtIn === type);
}

function textsOf(value: unknown): readonly string[] {
  return [value].flat().filter((text) => typeof text === 'string');
}

function membersOf(value: unknown): Members {
  return isObject(value) ? value : {};
}
