import type { Child } from 'hono/jsx';

/** Characters that have no shape of their own, or that turn others round: a text with them may look like another one. */
const unseen =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** How much of one value is shown, in characters. The rest can be downloaded. */
export const longestShown = 65_536;

/** Text of somebody else. Control characters and marks of direction are shown as their code, so that they have no effect. */
export function Foreign({ text, limit = longestShown }: { readonly text: string; readonly limit?: number }) {
  const shown = text.length > limit ? text.slice(0, limit) : text;
  return (
    <bdi>
      {piecesOf(shown)}
      {text.length > limit ? '…' : ''}
    </bdi>
  );
}

/** A sentence of ours that may quote somebody else. What stands in backticks is shown as code. */
export function Sentence({ text }: { readonly text: string }) {
  return (
    <bdi>{text.split('`').map((part, at) => (at % 2 === 1 ? <code>{piecesOf(part)}</code> : piecesOf(part)))}</bdi>
  );
}

/** The same for where only text may stand, as in a title. */
export function visible(text: string): string {
  return text.toWellFormed().replace(unseen, codeOf);
}

function piecesOf(text: string): Child[] {
  const pieces: Child[] = [];
  const well = text.toWellFormed();
  let from = 0;
  for (const { index, 0: character } of well.matchAll(unseen)) {
    if (index > from) pieces.push(well.slice(from, index));
    pieces.push(<span class="code">{codeOf(character)}</span>);
    from = index + character.length;
  }
  pieces.push(well.slice(from));
  return pieces;
}

/** `\u202e`. */
function codeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
