import type { LeftOut } from '../draft.ts';
import { listOf, textOf } from '../json-places.ts';
import type { Component, Manifest } from './manifest.ts';
import { answerPath, isPartition, jmesPath, type Names } from './template.ts';

/** The paths of fields that a stream removes. */
export function removedPaths(manifest: Manifest, stream: Component): ReadonlySet<string> {
  const removing = manifest.parts(stream, 'transformations').filter(({ node }) => node.type === 'RemoveFields');
  const pointers = removing.flatMap(({ node }) => listOf(node.field_pointers));
  return new Set(pointers.map((pointer) => jmesPath(listOf(pointer).map(String))));
}

export interface Added {
  /** Where a field comes from, by its own path. */
  readonly paths: ReadonlyMap<string, string>;
  readonly leftOut: readonly LeftOut[];
}

/** The fields that a stream adds. One that is another field of the record becomes a line of the map. */
export function addedFields(manifest: Manifest, stream: Component, names: Names): Added {
  const paths = new Map<string, string>();
  const leftOut: LeftOut[] = [];
  for (const transformation of manifest.parts(stream, 'transformations')) {
    const type = textOf(transformation.node.type) ?? 'transformation';
    if (type === 'RemoveFields') continue;
    if (type !== 'AddFields') {
      leftOut.push({ what: type, why: 'it has no counterpart; a "transform" module can do the same' });
      continue;
    }
    for (const { node } of manifest.parts(transformation, 'fields')) {
      const path = jmesPath(listOf(node.path).map(String));
      const source = answerPath(node.value);
      if (source?.[0] === 'record' && source.length > 1) paths.set(path, jmesPath(source.slice(1)));
      else if (source !== null && isPartition(source, names)) paths.set(path, '_parent');
      else
        leftOut.push({
          what: `the added field ${path}`,
          why: `${String(node.value).slice(0, 60)} is an expression that has no counterpart`,
        });
    }
  }
  return { paths, leftOut };
}
