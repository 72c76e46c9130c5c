import { diffArrays } from 'diff';
import type { ColumnKind } from '../../record.ts';
import { changedLine, mostEdits, type Room, wholeLine } from './changed-line.ts';
import { leavesOf } from './leaves.ts';
import { printable } from './printable.ts';
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

/** What is shown: a line that another one replaces, a line of one side, an unchanged line, or that lines are left out. */
type Row =
  | { readonly type: 'changed'; readonly before: string; readonly after: string }
  | { readonly type: '-' | '+' | 'unchanged'; readonly text: string }
  | { readonly type: 'gap' };

/**
 * What differs between two long values, as lines: `- ` stands before what was, `+ ` before what will be. A text is shown by
 * its changed lines with one unchanged line beside them, JSON by the paths and values that differ. A line that is too long is
 * cut to the words that differ.
 */
export function differenceOf(before: string, after: string, kind: ColumnKind, room: Room): string[] {
  const rows = (kind === 'json' ? jsonDifference(before, after) : undefined) ?? textDifference(before, after);
  const count = rows.reduce((sum, { type }) => sum + (type === 'changed' ? 2 : 1), 0);
  if (count <= mostLines + 1) return rows.flatMap((row) => linesOf(row, room));
  const shown = rows.slice(0, mostLines).flatMap((row) => linesOf(row, room));
  return [...shown.slice(0, mostLines), room.paint.dim(`… ${count - mostLines} more lines; --json shows all`)];
}

function textDifference(before: string, after: string): Row[] {
  const lines = (text: string) => text.split('\n').map((line) => ({ text: printable(line), same: line }));
  return difference(lines(before), lines(after), contextLines);
}

/**
 * Two leaves are compared without their places in lists, so that an inserted element does not change all that follow it. The
 * places count only if nothing else differs. Undefined if one of the two is not JSON.
 */
function jsonDifference(before: string, after: string): Row[] | undefined {
  const [was, is] = [leavesOf(before), leavesOf(after)];
  if (!was || !is) return undefined;
  const by = (compared: 'path' | 'shape') => {
    const [left = [], right = []] = [was, is].map((leaves) =>
      leaves.map((leaf) => ({
        text: printable(leaf.path === '' ? leaf.value : `${leaf.path}: ${leaf.value}`),
        same: `${leaf[compared]} ${leaf.value}`,
      })),
    );
    return difference(left, right, 0);
  };
  const rows = by('shape');
  return rows.length > 0 ? rows : by('path');
}

function difference(before: readonly Line[], after: readonly Line[], context: number): Row[] {
  const parts = diffArrays([...before], [...after], {
    comparator: (a, b) => a.same === b.same,
    maxEditLength: mostEdits,
  }) ?? [
    { value: [...before], removed: true, added: false },
    { value: [...after], removed: false, added: true },
  ];
  return parts.flatMap((part, at) => {
    const [previous, next] = [parts[at - 1], parts[at + 1]];
    if (part.removed && next?.added) return changed(part.value, next.value);
    if (part.removed) return part.value.map(({ text }): Row => ({ type: '-', text }));
    if (part.added) return previous?.removed ? [] : part.value.map(({ text }): Row => ({ type: '+', text }));
    return unchanged(part.value, { context, isFirst: !previous, isLast: !next });
  });
}

/** Each line beside the one that replaces it, if there are as many of both. */
function changed(before: readonly Line[], after: readonly Line[]): Row[] {
  if (before.length === after.length) {
    return before.map(({ text }, at) => ({ type: 'changed', before: text, after: after[at]?.text ?? '' }));
  }
  return [
    ...before.map(({ text }): Row => ({ type: '-', text })),
    ...after.map(({ text }): Row => ({ type: '+', text })),
  ];
}

interface Around {
  readonly context: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

function unchanged(lines: readonly Line[], { context, isFirst, isLast }: Around): Row[] {
  if (context === 0) return [];
  const head = isFirst ? 0 : context;
  const tail = isLast ? 0 : context;
  const shown = (part: readonly Line[]) => part.map(({ text }): Row => ({ type: 'unchanged', text }));
  // If only one line were left out, the line itself takes no more room than the ellipsis.
  if (lines.length <= head + tail + 1) return shown(lines);
  return [...shown(lines.slice(0, head)), { type: 'gap' }, ...shown(lines.slice(lines.length - tail))];
}

function linesOf(row: Row, room: Room): string[] {
  if (row.type === 'changed') return changedLine(row.before, row.after, room);
  if (row.type === 'gap') return [room.paint.dim('  …')];
  if (row.type === 'unchanged') return [room.paint.dim(`  ${fitted(row.text, room.columns - 2)}`)];
  return [wholeLine(row.type, row.text, room)];
}
