import { stripVTControlCharacters } from 'node:util';

/** The third party's text for a terminal: control characters are shown as escapes, so that they have no effect. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Fits text into one line of a terminal. A longer line is cut, and loses its colours. An unknown width is 80 columns. */
export function fitted(line: string, columns: number | undefined): string {
  const width = (columns || 80) - 1;
  const plain = stripVTControlCharacters(line);
  return plain.length <= width ? line : `${plain.slice(0, width - 1)}…`;
}
