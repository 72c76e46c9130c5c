import * as v from 'valibot';
import { mapping } from './mapping.ts';
import { closed } from './objects.ts';
import { flag, httpUrl, oneOf, text, texts } from './scalars.ts';

const formats = ['json', 'ndjson', 'csv'] as const;
type Format = (typeof formats)[number];

const formatOfExtension: Readonly<Record<string, Format>> = {
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  csv: 'csv',
};

const encoding = v.pipe(
  v.string(),
  v.check(isEncoding, 'an encoding such as "utf8", "utf-16le" or "windows-1252"'),
  v.description('The encoding of the file: a label of the WHATWG Encoding Standard.'),
);

const csv = v.pipe(
  closed({
    delimiter: v.exactOptional(text('The text between two fields.'), ','),
    quote: v.exactOptional(text('The text around a field that contains a delimiter.'), '"'),
    header: v.exactOptional(
      v.pipe(
        v.union([v.literal(true), texts('The names of the columns.')], 'true or a list of column names'),
        v.description('The names of the columns, or true if the first row has them.'),
      ),
      true,
    ),
    encoding: v.exactOptional(encoding, 'utf8'),
    newlineAtEnd: v.exactOptional(
      flag(
        'Whether every whole file ends with a line break. A file that does not is refused as cut off. Default: false.',
      ),
    ),
  }),
  v.description('How the CSV is written.'),
);

/** How the adapter `file` reads one resource. */
export const fileResource = v.pipe(
  closed({
    url: v.exactOptional(httpUrl('The URL of the file. A download is one hit.')),
    path: v.exactOptional(text('The path of the file, which costs no hit. `-` is stdin.')),
    format: v.exactOptional(
      oneOf(formats, 'The format of the file. Default: by the extension, or by what the file begins with.'),
    ),
    records: v.exactOptional(text('The dotted path to the list in a JSON file. Default: the file is the list.')),
    csv: v.exactOptional(csv),
    ...mapping,
  }),
  v.check(({ url, path }) => (url === undefined) !== (path === undefined), 'either "url" or "path"'),
  v.check(
    (resource) => resource.csv === undefined || (formatOf(resource) ?? 'csv') === 'csv',
    '"csv" only where the format is csv',
  ),
  v.transform((resource) => {
    const format = formatOf(resource);
    if (format === undefined) return resource;
    return { ...resource, format, ...(format === 'csv' && { csv: resource.csv ?? csvDefaults }) };
  }),
);

const csvDefaults = v.parse(csv, {});

/** Undefined if neither the config nor the extension says it: the adapter decides when it has the file. */
function formatOf({ url, path, format }: Located): Format | undefined {
  if (format !== undefined) return format;
  const file = url === undefined ? path : URL.parse(url)?.pathname;
  const extension = /\.(\w+)$/.exec(file?.replace(/\.(gz|zst)$/i, '') ?? '')?.[1];
  return formatOfExtension[extension?.toLowerCase() ?? ''];
}

function isEncoding(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== '';
  } catch {
    return false;
  }
}

interface Located {
  readonly url?: string;
  readonly path?: string;
  readonly format?: Format;
}
