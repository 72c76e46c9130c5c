/** A value as lines of text: text as it is, everything else as JSON. */
export function linesOf(value: unknown): string[] {
  if (typeof value === 'string') return value.split('\n');
  return jsonText(value).split('\n');
}

/** JSON for people, with every digit of an integer past 2^53. */
export function jsonText(value: unknown): string {
  return (
    JSON.stringify(value, (_name, member: unknown) => (typeof member === 'bigint' ? rawInteger(member) : member), 2) ??
    ''
  ).replace(/"\\u0000(-?\d+)"/g, '$1');
}

/** A mark that `JSON.stringify` writes as an escape, so that no text of a record looks like it. */
function rawInteger(integer: bigint): string {
  return `\u0000${integer}`;
}
