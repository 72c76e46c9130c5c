/** The parts of a date pattern, with how many digits each has. */
const parts = { YYYY: 4, MM: 2, M: 1, DD: 2, D: 1, HH: 2, mm: 2, ss: 2 } as const;
type Part = keyof typeof parts;

const partPattern = /YYYY|MM?|DD?|HH|mm|ss/g;
const longestPattern = 40;

/** Reads a text that is written by a pattern as an ISO date, or as an ISO time if the pattern has hours; undefined if it is not written so. */
export type ReadDate = (text: string) => string | undefined;

/**
 * Compiles a date pattern: `YYYY`, `MM` or `M`, `DD` or `D`, and perhaps `HH`, `mm` and `ss`, with anything but letters and
 * digits between them. `M` and `D` take one digit or two. Undefined if it is not a pattern. It does not check the calendar.
 */
export function compileDatePattern(pattern: string): ReadDate | undefined {
  const found = (pattern.match(partPattern) ?? []) as Part[];
  if (!isWhole(found) || pattern.length > longestPattern) return undefined;
  if (/[\p{L}\p{N}]/u.test(pattern.replaceAll(partPattern, ''))) return undefined;
  const pieces = pattern.split(/(YYYY|MM?|DD?|HH|mm|ss)/);
  if (isAmbiguous(pieces)) return undefined;
  const source = pieces
    .map((piece) => (isPart(piece) ? digitsOf(piece) : piece.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')))
    .join('');
  const regex = new RegExp(`^${source}$`, 'u');
  return (text) => {
    const groups = regex.exec(text)?.groups;
    return groups && isoOf(groups);
  };
}

/** Whether a part of one digit or two stands right beside another part. */
function isAmbiguous(pieces: readonly string[]): boolean {
  return pieces.some((piece, at) => {
    if (piece !== '' || at === 0 || at === pieces.length - 1) return false;
    return [pieces[at - 1], pieces[at + 1]].some((part) => part?.length === 1);
  });
}

function isPart(piece: string): piece is Part {
  return Object.hasOwn(parts, piece);
}

/** Each part once: year, month and day, then hours with minutes and perhaps seconds. */
function isWhole(found: readonly Part[]): boolean {
  const names = found.map(nameOf).sort().join('');
  return ['DMY', 'DHMYm', 'DHMYms'].includes(names);
}

function nameOf(part: Part): string {
  return part.charAt(0);
}

function digitsOf(part: Part): string {
  const digits = parts[part] === 1 ? '\\d{1,2}' : `\\d{${parts[part]}}`;
  return `(?<${nameOf(part)}>${digits})`;
}

function isoOf({ Y = '', M = '', D = '', H, m, s }: Record<string, string | undefined>): string {
  const date = `${Y}-${M.padStart(2, '0')}-${D.padStart(2, '0')}`;
  return H === undefined ? date : `${date}T${H}:${m}:${s ?? '00'}Z`;
}
