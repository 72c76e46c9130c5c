import { stripVTControlCharacters } from 'node:util';

/** Text of the third party's for a terminal: what would move the cursor or change colours is shown, not done. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** One line of a terminal: what is too long is cut, without its colours. A terminal that does not know its width has 80 columns. */
export function fitted(line: string, columns: number | undefined): string {
  const width = (columns || 80) - 1;
  const plain = stripVTControlCharacters(line);
  return plain.length <= width ? line : `${plain.slice(0, width - 1)}…`;
}
