import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';

const graphemes = new Intl.Segmenter();

/** How many columns of a terminal a text takes: two for a wide character or an emoji, none for a colour. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

/** A line that fits into so many columns: a longer one is cut between two characters, and loses its colours. */
export function fitted(line: string, columns: number): string {
  return widthOf(line) <= columns ? line : cut(stripVTControlCharacters(line), columns);
}

/** The start of a plain text in so many columns, with an ellipsis. */
function cut(text: string, columns: number): string {
  let kept = '';
  let left = columns - 1;
  for (const { segment } of graphemes.segment(text)) {
    left -= widthOf(segment);
    if (left < 0) break;
    kept += segment;
  }
  return `${kept}…`;
}
