/** What a colour means, beside its glyph and its word: never by colour alone. */
export type Tone = 'good' | 'note' | 'bad' | 'quiet';

/** A state by glyph, text and colour. */
export function Status({ tone, glyph, text }: { readonly tone: Tone; readonly glyph: string; readonly text: string }) {
  return (
    <span class={`status ${tone}`}>
      <span aria-hidden="true">{glyph}</span> {text}
    </span>
  );
}
