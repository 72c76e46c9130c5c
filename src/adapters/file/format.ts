import { ProtocolError } from '../../errors.ts';
import type { FileFormat, FileResource } from './options.ts';
import type { Source } from './source.ts';

const byExtension: Readonly<Record<string, FileFormat>> = {
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  csv: 'csv',
};

/** The format of a file: as configured, or by its name, or by its content type, or by its first character, in this order. */
export function formatOf(resource: FileResource, { name, contentType, label }: Source, first: string): FileFormat {
  if (resource.format) return resource.format;
  const extension = /\.([a-z]+)(?:\.(?:gz|zst))?$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  const format = byExtension[extension] ?? byContentType(contentType) ?? byFirstCharacter(first.trimStart(), resource);
  if (format) return format;
  throw new ProtocolError(`the format of ${label} is unknown; nothing of it was written`, {
    hint: "Set the resource's `format` to json, ndjson or csv.",
  });
}

function byContentType(type: string): FileFormat | undefined {
  if (/ndjson|jsonl|json-seq/.test(type)) return 'ndjson';
  if (/\bjson\b/.test(type)) return 'json';
  return /\bcsv\b/.test(type) ? 'csv' : undefined;
}

function byFirstCharacter(start: string, { records }: FileResource): FileFormat | undefined {
  if (start.startsWith('[')) return 'json';
  if (start.startsWith('{')) return records === undefined ? 'ndjson' : 'json';
  return undefined;
}
