/** A value that was not expected, in words for a message. */
export function describe(found: unknown): string {
  if (found === null || found === undefined) return 'null';
  if (Array.isArray(found)) return 'an array';
  return typeof found === 'object' ? 'an object' : `a ${typeof found}`;
}

/** The keys of a body, to help find the right path. */
export function describeKeys(document: unknown): string {
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    return `the body is ${describe(document)}`;
  const keys = Object.keys(document).map((key) => `\`${key}\``);
  if (keys.length === 0) return 'the body is an empty object';
  return `the body has the keys ${keys.slice(0, 12).join(', ')}${keys.length > 12 ? ', …' : ''}`;
}
