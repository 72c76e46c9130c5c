/** Shorter secrets are not masked: they would be found in many other words. */
const shortest = 6;

const mark = '[redacted]';

/** What stands behind a text that was cut (src/excerpt.ts). */
const ellipsis = '…';

/**
 * Makes a function that replaces every secret in a text, also where it is URL-encoded, escaped as in JSON, or in base64, and
 * also where the text was cut in the middle of one.
 * Every text that leaves the process goes through it.
 */
export function redactor(secrets: Iterable<string>): (text: string) => string {
  const forms = new Set([...new Set(secrets)].filter((secret) => secret.length >= shortest).flatMap(formsOf));
  if (forms.size === 0) return (text) => text;
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g');
  // The cut comes first: a form that is whole may be the start of a longer one.
  return (text) => withoutCutSecrets(text, longestFirst).replace(pattern, mark);
}

/** Masks the start of a secret where a text was cut short: right before an ellipsis. */
function withoutCutSecrets(text: string, forms: readonly string[]): string {
  if (!text.includes(ellipsis)) return text;
  const pieces = text.split(ellipsis);
  const last = pieces.pop() ?? '';
  const masked = pieces.map((piece) => {
    const at = Math.min(...forms.map((form) => startOfCut(piece, form)));
    return at < piece.length ? `${piece.slice(0, at)}${mark}` : piece;
  });
  return [...masked, last].join(ellipsis);
}

/** Where the text ends with the start of this secret; its length, if it does not. */
function startOfCut(text: string, form: string): number {
  const head = form.slice(0, shortest);
  let at = text.indexOf(head, Math.max(0, text.length - form.length));
  while (at !== -1 && !form.startsWith(text.slice(at))) at = text.indexOf(head, at + 1);
  return at === -1 ? text.length : at;
}

function formsOf(secret: string): string[] {
  const encoded = encodeURIComponent(secret.toWellFormed());
  const strict = encoded.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  const form = new URLSearchParams({ '': secret }).toString().slice(1);
  const escapedInPlaces = new URL(`http://host/?${secret}`).search.slice(1);
  const urls = [encoded, strict, form, escapedInPlaces];
  const lower = urls.map((url) => url.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase()));
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '');
  const all = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    ...urls,
    ...lower,
    base64,
    base64.replaceAll('+', '-').replaceAll('/', '_'),
  ];
  return all.filter((form) => form.length >= shortest);
}
