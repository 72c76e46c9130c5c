import type { ResourceDraft } from '../draft.ts';
import { memberPath, textOf } from '../json-places.ts';
import type { Component, Manifest } from './manifest.ts';
import { type Names, type Partition, plainText } from './template.ts';

/** The resource for whose records a stream is asked for, one request each. */
export interface ParentNamed {
  readonly of: string;
  readonly partition: Partition;
  /** The query parameter that the value goes into, if no template places it. */
  readonly param: string | null;
}

/** The parent of a stream as a resource; null: it cannot be followed any further. */
type Read = (stream: Component) => { readonly name: string; readonly resource: ResourceDraft | null } | null;

/** Null: the stream has no parent. A text: what of its parents has no counterpart. */
export function parentNamed(
  manifest: Manifest,
  retriever: Component,
  names: Names,
  read: Read,
): ParentNamed | string | null {
  const found = parentOf(manifest, retriever, names);
  if (found === null || typeof found === 'string') return found;
  const parent = read(found.stream);
  if (parent === null) return 'its parents lead to each other';
  if (parent.resource === null) return `it is asked for with the records of ${parent.name}, which is left out`;
  const [key, ...more] = parent.resource.key;
  const path = parent.resource.fields.find(({ name }) => name === key)?.path;
  if (path !== found.key || more.length > 0)
    return `it is asked for with ${found.key} of ${parent.name}, which is not the key of that`;
  return { of: parent.name, partition: { field: found.field, placeholder: `{${key}}` }, param: found.param };
}

interface ParentFound {
  readonly stream: Component;
  /** The path of the parent's field that is sent. */
  readonly key: string;
  /** What templates call its value. */
  readonly field: string;
  readonly param: string | null;
}

function parentOf(manifest: Manifest, retriever: Component, names: Names): ParentFound | string | null {
  const { partition_router: written } = retriever.node;
  if (written === undefined) return null;
  const list = [manifest.resolve(written)].flat();
  const routers = manifest.parts({ ...retriever, node: { list } }, 'list');
  const kinds = routers.map(({ node }) => textOf(node.type) ?? 'partition router');
  const parents = routers.flatMap((router) => manifest.parts(router, 'parent_stream_configs'));
  const [parent, ...others] = parents;
  if (parent === undefined || kinds.join() !== 'SubstreamPartitionRouter')
    return `it is asked for once for each part (${kinds.join(', ')}), which has no counterpart`;
  if (others.length > 0) return 'it is asked for once for each record of several streams, which has no counterpart';
  return readParent(manifest, parent, names);
}

function readParent(manifest: Manifest, parent: Component, names: Names): ParentFound | string {
  const text = (name: string) => plainText(manifest.value(parent, name), { ...names, parameters: parent.parameters });
  const [key, field] = [text('parent_key'), text('partition_field')];
  if (!key || !field) return 'the key of its parent is an expression that has no counterpart';
  const { inject_into: place, field_name: param } = manifest.part(parent, 'request_option').node;
  if (place !== undefined && place !== 'request_parameter')
    return `the key of its parent goes into ${String(place)}, which has no counterpart`;
  const path = key.split('.').reduce(memberPath, '');
  return { stream: manifest.part(parent, 'stream'), key: path, field, param: textOf(param) ?? null };
}
