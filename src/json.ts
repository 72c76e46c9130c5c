/**
 * Reads JSON exactly: integers past 2^53 become bigints, and everything else is as `JSON.parse` returns it. Throws the
 * SyntaxError of `JSON.parse`.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return hasLongDigits(text) && mayBeRounded(value) ? JSON.parse(text, keepInteger) : value;
}

/** Whether an integer has lost digits. Long digits may also be a text's, or those of a fraction, which stay as they are. */
function mayBeRounded(value: unknown): boolean {
  if (typeof value === 'number')
    return !Number.isSafeInteger(value) && (Number.isInteger(value) || !Number.isFinite(value));
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) ? value.some(mayBeRounded) : Object.values(value).some(mayBeRounded);
}

/** V8 looks this method up at every character, where texts of many kinds come. */
const { charCodeAt } = String.prototype;

/** Whether the text has a run of 16 digits: without one, no integer in it can be past 2^53. */
export function hasLongDigits(text: string): boolean {
  const { length } = text;
  // A run of 16 digits covers one of these places, so it is enough to look at every sixteenth.
  for (let at = 15; at < length; at += 16) {
    if (isDigit(text, at) && digitsAround(text, at) >= 16) return true;
  }
  return false;
}

function digitsAround(text: string, at: number): number {
  let from = at;
  let to = at + 1;
  while (from > 0 && isDigit(text, from - 1)) from -= 1;
  while (to < text.length && isDigit(text, to)) to += 1;
  return to - from;
}

function isDigit(text: string, at: number): boolean {
  const code = charCodeAt.call(text, at);
  return code >= 48 && code <= 57;
}

function keepInteger(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}
