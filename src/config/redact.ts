/** Shorter secrets are not masked: they would be found in many other words. */
const shortest = 6;

/**
 * Makes a function that replaces every secret in a text, also where it is URL-encoded, escaped as in JSON, or in base64.
 * Every text that leaves the process goes through it.
 */
export function redactor(secrets: Iterable<string>): (text: string) => string {
  const forms = new Set([...new Set(secrets)].filter((secret) => secret.length >= shortest).flatMap(formsOf));
  if (forms.size === 0) return (text) => text;
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g');
  return (text) => text.replace(pattern, '[redacted]');
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
