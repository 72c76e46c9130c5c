import type { Problem } from '../../verdict/problem.ts';
import type { Verdict } from '../../verdict/verdict.ts';
import { many } from '../output/numbers.ts';
import { asTyped } from '../shell-command.ts';
import type { Room } from './room.ts';
import { wrapped } from './table.ts';

const mostShown = 5;

/**
 * The problems, worst first: its cause, what is guaranteed, and what to do. Where a screen has too few lines for all, the
 * later ones have their cause only, in one line.
 */
export function problemLines({ problems }: Verdict, room: Room, linesAbove: number): string[] {
  const shown = room.isWhole ? problems : problems.slice(0, mostShown);
  const left = problems.length - shown.length;
  const more = left > 0 ? [room.paint.dim(`${many(left, 'more problem')} (--all)`)] : [];
  const linesLeft =
    room.isWhole || room.rows === undefined ? Number.MAX_SAFE_INTEGER : room.rows - 1 - linesAbove - more.length;
  const lines: string[] = [];
  for (const [at, problem] of shown.entries()) {
    const whole = wholeLines(problem, room);
    const others = shown.length - at - 1;
    const fits = lines.length + whole.length + others <= linesLeft;
    lines.push(...(fits || at === 0 ? whole : whole.slice(0, 1)));
  }
  return [...lines, ...more];
}

function wholeLines(
  { severity, cause, guarantee, advice, next }: Problem,
  { paint, columns, command }: Room,
): string[] {
  const mark = severity === 'act' ? paint.red('!') : paint.yellow('·');
  const [first = '', ...rest] = wrapped(cause, columns - 2);
  const typed = asTyped(`"${next}"`, command).slice(1, -1);
  const todo = `${asTyped(advice, command)} ${typed}`;
  const last =
    columns - 2 >= todo.length
      ? [`${asTyped(advice, command)} ${paint.bold(typed)}`]
      : [...wrapped(asTyped(advice, command), columns - 2), paint.bold(typed)];
  return [
    `${mark} ${first}`,
    ...rest.map((line) => `  ${line}`),
    ...wrapped(guarantee, columns - 2).map((line) => `  ${paint.dim(line)}`),
    ...last.map((line) => `  ${line}`),
  ];
}
