import type { DeadLetterRow, DeadLetters } from '../../listener.ts';

/** Dead letters of a listener that failed alike. */
export interface LetterGroup {
  /** What they have in common: a filter of forms. */
  readonly error: string;
  readonly count: number;
  readonly keys: number;
  readonly first: Date;
  readonly last: Date;
  readonly examples: readonly DeadLetterRow[];
}

const perRead = 500;
const mostRead = 10_001;
const mostExamples = 5;

/** All dead letters of a listener, as far as they are read, in the order of their events. */
export async function lettersOf(letters: Pick<DeadLetters, 'list'>, listener: string): Promise<DeadLetterRow[]> {
  const all: DeadLetterRow[] = [];
  while (all.length < mostRead) {
    const slice = await letters.list({ listener, after: all.at(-1), limit: perRead });
    all.push(...slice);
    if (slice.length < perRead) break;
  }
  return all;
}

/** Those that failed alike, together: the largest group first. */
export function groupLetters(letters: readonly DeadLetterRow[]): LetterGroup[] {
  const groups = [...Map.groupBy(letters, errorOf)].map(([error, alike]): LetterGroup => {
    const times = alike.map(({ deadAt }) => deadAt.getTime());
    return {
      error,
      count: alike.length,
      keys: new Set(alike.map(({ key }) => key)).size,
      first: new Date(times.reduce((least, time) => Math.min(least, time), Number.MAX_SAFE_INTEGER)),
      last: new Date(times.reduce((most, time) => Math.max(most, time), 0)),
      examples: alike.slice(0, mostExamples),
    };
  });
  return groups.sort((a, b) => b.count - a.count);
}

/** The last error with its figures and ids left out, and the reason: `permanent: hooks.example answered 4… `. */
export function errorOf({ reason, lastError }: Pick<DeadLetterRow, 'reason' | 'lastError'>): string {
  const shape = lastError
    .replace(/[0-9a-f]{8,}(-[0-9a-f]+)*/gi, '…')
    .replace(/\d+/g, (digits, at: number) =>
      isStatus(lastError, at, digits) ? digits : digits.length > 3 ? '…' : digits,
    );
  return `${reason}: ${shape.slice(0, 300)}`;
}

function isStatus(text: string, at: number, digits: string): boolean {
  return digits.length === 3 && /answered $/.test(text.slice(Math.max(0, at - 9), at));
}
