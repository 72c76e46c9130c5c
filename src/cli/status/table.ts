import { fitted, widthOf } from '../output/width.ts';

/** One column of a table. */
export interface Column {
  readonly title: string;
  readonly align?: 'right';
}

/** Rows in columns that are as wide as they need, with two spaces between them. The last column takes what is left. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, at) => Math.max(...[titles, ...rows].map((row) => widthOf(row[at] ?? ''))));
  return [titles, ...rows].map((row) => {
    const cells = columns.map(({ align }, at) => padded(row[at] ?? '', widths[at] ?? 0, align === 'right'));
    return fitted(cells.join('  ').trimEnd(), width);
  });
}

function padded(text: string, width: number, isRight: boolean): string {
  const gap = ' '.repeat(Math.max(0, width - widthOf(text)));
  return isRight ? gap + text : text + gap;
}

/** Text in lines of at most this width, broken at spaces. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer) <= width || line === '') line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}
