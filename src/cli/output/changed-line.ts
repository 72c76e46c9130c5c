import { diffWordsWithSpace } from 'diff';
import type { Paint } from '../terminal.ts';
import { fitted, widthOf } from './width.ts';

/** What a difference may take on the screen: colours, and so many columns. */
export interface Room {
  readonly paint: Paint;
  readonly columns: number;
}

/** With more edits than these, two values have little in common, and the search would take too long. */
export const mostEdits = 500;

/** How many unchanged characters are kept at each edge of a change, at least. */
const leastContext = 10;

type Sign = '-' | '+';

/** A line that has no counterpart, cut at its end. */
export function wholeLine(sign: Sign, text: string, room: Room): string {
  return signedLine(sign, [{ text, isChanged: true }], room);
}

interface Segment {
  readonly text: string;
  readonly isChanged: boolean;
}

/** A line as it was and as it will be, with the words that differ in colour. Lines with little in common are shown as they are. */
export function changedLine(before: string, after: string, room: Room): string[] {
  const parts = diffWordsWithSpace(before, after, { maxEditLength: mostEdits });
  const kept = parts?.reduce((sum, { added, removed, value }) => sum + (added || removed ? 0 : value.trim().length), 0);
  if (!parts || (kept ?? 0) * 4 < Math.max(before.length, after.length)) {
    return [wholeLine('-', before, room), wholeLine('+', after, room)];
  }
  // Each side has an empty segment where the other one has its words, so that both are cut at the same places.
  const side = (left: 'added' | 'removed'): Segment[] =>
    parts.map((part) => ({ text: part[left] ? '' : part.value, isChanged: part.added || part.removed }));
  const sides = [side('added'), side('removed')] as const;
  const context = contextIn(sides, room);
  const [was, is] = sides.map((segments) => (isTooLong(segments, room) ? shortened(segments, context) : segments));
  return [signedLine('-', was ?? [], room), signedLine('+', is ?? [], room)];
}

function isTooLong(segments: readonly Segment[], { columns }: Room): boolean {
  return segments.reduce((sum, { text }) => sum + widthOf(text), 0) > columns - 2;
}

/** How much room there is for what is unchanged, at each edge of a change: the same for both lines, so that they align. */
function contextIn(sides: readonly (readonly Segment[])[], { columns }: Room): number {
  const contexts = sides.map((segments) => {
    const taken = segments.reduce((sum, { text, isChanged }) => sum + (isChanged ? widthOf(text) : 2), 0);
    const edges = segments.reduce((sum, { isChanged }, at) => sum + edgesOf(isChanged, at, segments.length), 0);
    return Math.floor((columns - 2 - taken) / Math.max(edges, 1));
  });
  return Math.max(leastContext, Math.min(...contexts));
}

function edgesOf(isChanged: boolean, at: number, length: number): number {
  return isChanged ? 0 : Number(at > 0) + Number(at < length - 1);
}

/** Keeps of each unchanged part what is next to a change. */
function shortened(segments: readonly Segment[], context: number): Segment[] {
  return segments.map((segment, at) => {
    if (segment.isChanged) return segment;
    const characters = Array.from(segment.text);
    const head = at === 0 ? 0 : context;
    const tail = at === segments.length - 1 ? 0 : context;
    if (characters.length <= head + tail + 1) return segment;
    const text = `${characters.slice(0, head).join('')}…${characters.slice(characters.length - tail).join('')}`;
    return { text, isChanged: false };
  });
}

function signedLine(sign: Sign, segments: readonly Segment[], { paint, columns }: Room): string {
  const colour = sign === '-' ? paint.red : paint.green;
  let line = `${colour(sign)} `;
  let left = columns - 2;
  for (const { text, isChanged } of segments) {
    if (left <= 0) break;
    if (text === '') continue;
    const part = fitted(isChanged ? visible(text) : text, left);
    left -= widthOf(part);
    line += isChanged ? colour(part) : part;
  }
  return line;
}

/** Spaces that are all that differs would not be seen. */
function visible(text: string): string {
  return /^ +$/.test(text) ? '·'.repeat(text.length) : text;
}
