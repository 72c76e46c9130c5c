import { isMembers, listOf, type Members, textOf } from '../json-places.ts';
import type { Component, Manifest } from './manifest.ts';
import { jmesPath, type Names, plainText } from './template.ts';

/** The schema of a stream: its own, or that of its file. Null: it has none. */
export function schemaOf(
  manifest: Manifest,
  stream: Component,
  name: string,
  schemaFile: (stream: string) => unknown,
): Members | null {
  const loader = manifest.part(stream, 'schema_loader');
  const type =
    textOf(loader.node.type) ?? (loader.node.schema === undefined ? 'JsonFileSchemaLoader' : 'InlineSchemaLoader');
  const found =
    type === 'InlineSchemaLoader'
      ? manifest.resolve(loader.node.schema)
      : type === 'JsonFileSchemaLoader'
        ? schemaFile(name)
        : null;
  return isMembers(found) && isMembers(found.properties) ? found : null;
}

/** JMESPath to the records; null: the body. Undefined: it cannot be written. */
export function recordsOf(manifest: Manifest, retriever: Component, names: Names): string | null | undefined {
  const extractor = manifest.part(manifest.part(retriever, 'record_selector'), 'extractor');
  const type = textOf(extractor.node.type) ?? 'DpathExtractor';
  if (type !== 'DpathExtractor') return undefined;
  const path = listOf(manifest.value(extractor, 'field_path')).map((name) =>
    plainText(name, { ...names, parameters: extractor.parameters }),
  );
  if (path.includes(null) || path.some((name) => name?.includes('$' + '{'))) return undefined;
  return path.length === 0 ? null : jmesPath(path.flatMap((name) => name ?? []));
}
