import { diffArrays } from 'diff';
import type { ColumnKind } from '../../record.ts';
import { changedLine, mostEdits, type Room, wholeLine } from './changed-line.ts';
import { leavesOf } from './leaves.ts';
import { printable } from './text.ts';
import { fitted } from './width.ts';

/** How many lines of one field are shown; `--json` has all. */
const mostLines = 12;
/** How many unchanged lines of a text are shown beside a change. */
const contextLines = 1;

/** One line of a value; `same` is the text by which two lines are compared. */
interface Line {
  readonly text: string;
  readonly same: string;
}

/**
 * What differs between two long values, as lines: `- ` stands before what was, `+ ` before what will be. A text is shown by
 * its changed lines with one unchanged line beside them, JSON by the paths and values that differ. A line that is too long is
 * cut to the words that differ.
 */
export function differenceOf(before: string, after: string, kind: ColumnKind, room: Room): string[] {
  const lines =
    (kind === 'json' ? jsonDifference(before, after, room) : undefined) ?? textDifference(before, after, room);
  const more = lines.length - mostLines;
  return more > 1 ? [...lines.slice(0, mostLines), room.paint.dim(`… ${more} more lines; --json shows all`)] : lines;
}

function textDifference(before: string, after: string, room: Room): string[] {
  const linesOf = (text: string) => text.split('\n').map((line) => ({ text: printable(line), same: line }));
  return difference(linesOf(before), linesOf(after), contextLines, room);
}

/**
 * Two leaves are compared without their places in lists, so that an inserted element does not change all that follow it. The
 * places count where nothing else differs. Undefined if one of the two is not JSON.
 */
function jsonDifference(before: string, after: string, room: Room): string[] | undefined {
  const [was, is] = [leavesOf(before), leavesOf(after)];
  if (!was || !is) return undefined;
  const by = (compared: 'path' | 'shape') => {
    const [left = [], right = []] = [was, is].map((leaves) =>
      leaves.map((leaf) => ({
        text: printable(leaf.path === '' ? leaf.value : `${leaf.path}: ${leaf.value}`),
        same: `${leaf[compared]} ${leaf.value}`,
      })),
    );
    return difference(left, right, 0, room);
  };
  const lines = by('shape');
  return lines.length > 0 ? lines : by('path');
}

function difference(before: readonly Line[], after: readonly Line[], context: number, room: Room): string[] {
  const parts = diffArrays([...before], [...after], {
    comparator: (a, b) => a.same === b.same,
    maxEditLength: mostEdits,
  }) ?? [
    { value: [...before], removed: true, added: false },
    { value: [...after], removed: false, added: true },
  ];
  return parts.flatMap((part, at) => {
    const [previous, next] = [parts[at - 1], parts[at + 1]];
    if (part.removed && next?.added) return changed(part.value, next.value, room);
    if (part.removed) return part.value.map(({ text }) => wholeLine('-', text, room));
    if (part.added) return previous?.removed ? [] : part.value.map(({ text }) => wholeLine('+', text, room));
    return unchanged(part.value, { context, isFirst: !previous, isLast: !next }, room);
  });
}

/** Each line beside the one that takes its place, where there are as many of both. */
function changed(before: readonly Line[], after: readonly Line[], room: Room): string[] {
  if (before.length === after.length) {
    return before.flatMap(({ text }, at) => changedLine(text, after[at]?.text ?? '', room));
  }
  return [
    ...before.map(({ text }) => wholeLine('-', text, room)),
    ...after.map(({ text }) => wholeLine('+', text, room)),
  ];
}

interface Around {
  readonly context: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

function unchanged(lines: readonly Line[], { context, isFirst, isLast }: Around, { paint, columns }: Room): string[] {
  if (context === 0) return [];
  const head = isFirst ? 0 : context;
  const tail = isLast ? 0 : context;
  const shown = (part: readonly Line[]) => part.map(({ text }) => paint.dim(`  ${fitted(text, columns - 2)}`));
  // Where one line is left out, the line itself takes no more room than the ellipsis.
  if (lines.length <= head + tail + 1) return shown(lines);
  return [...shown(lines.slice(0, head)), paint.dim('  …'), ...shown(lines.slice(lines.length - tail))];
}
