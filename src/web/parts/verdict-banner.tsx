import type { Verdict, VerdictName } from '../../verdict/verdict.ts';
import type { Tone } from './status.tsx';
import { Sentence } from './text.tsx';

interface Look {
  readonly tone: Tone;
  readonly glyph: string;
}

const looks: Readonly<Record<VerdictName, Look>> = {
  'in-step': { tone: 'good', glyph: '●' },
  'catching-up': { tone: 'good', glyph: '◐' },
  behind: { tone: 'bad', glyph: '✕' },
  held: { tone: 'note', glyph: '▲' },
  doubtful: { tone: 'note', glyph: '▲' },
  'delivering-late': { tone: 'note', glyph: '◐' },
  paused: { tone: 'quiet', glyph: '‖' },
  unknown: { tone: 'bad', glyph: '?' },
  'never-ran': { tone: 'quiet', glyph: '·' },
};

/** The verdict, with its first sentence as the heading. */
export function VerdictBanner({ verdict }: { readonly verdict: Verdict }) {
  const { tone, glyph } = looks[verdict.is];
  const [first = '', ...rest] = verdict.sentence.split(/(?<=\.)\s+/);
  return (
    <div class={`verdict ${tone}`}>
      <h1>
        <span aria-hidden="true">{glyph}</span> <Sentence text={first} />
      </h1>
      {rest.length === 0 ? null : (
        <p>
          <Sentence text={rest.join(' ')} />
        </p>
      )}
    </div>
  );
}
