import type { Headers } from './rate-limit.ts';

/** Fields that describe the body on the wire, not the decoded body that we pass on. */
const wireOnly = new Set(['content-encoding', 'content-length', 'transfer-encoding', 'connection', 'keep-alive']);

/** Header fields by name in lower case. The values of a repeated name are joined (RFC 9110 section 5.3). */
export function headerFields(raw: readonly string[]): Headers {
  const fields: Record<string, string> = Object.create(null);
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at]?.toLowerCase() ?? '';
    const value = raw[at + 1] ?? '';
    if (wireOnly.has(name)) continue;
    fields[name] = fields[name] === undefined ? value : `${fields[name]}, ${value}`;
  }
  return fields;
}
