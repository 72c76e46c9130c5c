/** The third party's text for a terminal: control characters are shown as escapes, so that they have no effect. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** What chalk writes for the colours of `Paint`. */
const colours = new Set([31, 32, 33, 36, 39, 1, 2, 22].map((code) => `\x1b[${code}m`));

/**
 * What is written for people: text of the third party, of a receiver or of a command may be anywhere in it. Control
 * characters are shown as escapes, so that they have no effect. Lines, tabs and our own colours stay.
 */
export function forPeople(text: string, { hasColours }: { readonly hasColours: boolean }): string {
  return text.replace(/\x1b\[\d{1,2}m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (found) => {
    return hasColours && colours.has(found) ? found : printable(found);
  });
}
