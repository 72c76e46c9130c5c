/** Words that name a list by its form, not by what is in it. */
const plainLists = new Set([
  ...['data', 'items', 'results', 'result', 'rows', 'records', 'list', 'hits', 'value', 'values', 'content', 'docs'],
  ...['entries', 'response', 'elements', 'objects', 'collection', 'body', 'page', 'payload', 'output', 'members'],
]);

/** A name that a resource may have in the config: at most 63 letters, digits, `_` and `-`. */
export function resourceName(text: string): string {
  const plain = text
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9_-]+/g, '_')
    .replace(/^[_-]+|[_-]+$/g, '')
    .toLowerCase()
    .slice(0, 63);
  if (plain === '') return 'records';
  return plain === 'sync' ? 'sync_records' : plain;
}

/** A name that a sync may have: small letters, digits, `.`, `_` and `-`. */
export function syncName(text: string): string {
  const plain = text.toLowerCase().replace(/[^a-z0-9._-]+/g, '-');
  return plain.replace(/^[._-]+|[._-]+$/g, '').slice(0, 63) || 'sync';
}

/** What an API is called, by its host: `https://api.github.com` is `github`. An address is `api`. */
export function adapterName(url: URL): string {
  const labels = url.hostname.split('.').filter((label) => !/^(www|api|rest|app|v\d+)$/i.test(label));
  const isAddress = url.hostname.startsWith('[') || labels.every((label) => /^\d+$/.test(label));
  // `acme.co.uk` is `acme`, as `acme.com` is.
  const isDoubled =
    labels.length > 2 && /^(co|com|org|net|gov|ac|edu)$/.test(labels.at(-2) ?? '') && labels.at(-1)?.length === 2;
  const [name = 'api'] = labels.length > 1 ? labels.slice(isDoubled ? -3 : -2) : labels;
  return isAddress || name === 'localhost' ? 'api' : resourceName(name);
}

/** What a list holds, by where it is in the answer, or by where it was asked for. */
export function nameOfList(list: readonly string[], url: URL): string {
  const inside = list.findLast((name) => !plainLists.has(name.toLowerCase()) && /[A-Za-z]/.test(name));
  if (inside !== undefined) return resourceName(inside);
  const segments = url.pathname.split('/').map((segment) => segment.replace(/\.(json|php|aspx?)$/i, ''));
  const isWord = (segment: string) =>
    /[A-Za-z]/.test(segment) && !/^(v\d+|_.*|api|rest)$/i.test(segment) && !/\d{3}/.test(segment);
  return resourceName(segments.map(decoded).findLast(isWord) ?? 'records');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The words of a name, in small letters: `lastModifiedAt` and `last_modified_at` have the same. */
export function wordsOf(name: string): readonly string[] {
  const apart = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2');
  return apart
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
}

/** The name as one word of small letters: `nextPageToken`, `next_page_token` and `next-page-token` are the same. */
export function squeezed(name: string): string {
  return wordsOf(name).join('');
}

/** `customers` is `customer`, `companies` is `company`. */
export function singular(name: string): string {
  if (/ies$/i.test(name)) return `${name.slice(0, -3)}y`;
  if (/(ss|us|is)$/i.test(name)) return name;
  return name.replace(/(?<=x|ch|sh|ss)es$|s$/i, '');
}

/** The name of a variable of the environment: `acme`, `token` is `ACME_TOKEN`. */
export function variableName(...parts: readonly string[]): string {
  const name = parts.flatMap(wordsOf).join('_').toUpperCase();
  return /^[A-Z_]/.test(name) ? name : `API_${name}`;
}

/** How the config takes a value from a variable of the environment. */
export function fromVariable(name: string): string {
  return `\${${name}}`;
}
