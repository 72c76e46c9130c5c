/** How many characters of a foreign text go into a message. */
export const longestExcerpt = 200;

/** Replaces the secrets in a text. */
export type Mask = (text: string) => string;

/**
 * The start of a foreign text, on one line, for a message. It is masked before it is cut, because nobody can tell half of a
 * secret. Where the text ends with `…` it was cut before: `mask` knows the start of a secret there (src/config/redact.ts).
 */
export function excerpt(text: string, mask: Mask): string {
  return shortened(mask(text).replace(/\s+/g, ' ').trim(), longestExcerpt);
}

/** A text of at most so many characters, and a mark where more was. */
export function shortened(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
