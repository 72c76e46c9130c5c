import type { RunFacts } from '../../verdict/facts.ts';
import { ago } from '../../verdict/words.ts';
import { runState } from '../read/run-state.ts';

const shown = 60;

/** The last runs as a strip, oldest first: each by its glyph, and as a link to it. */
export function RunStrip({
  runs,
  lockedRun,
  now,
}: {
  readonly runs: readonly RunFacts[];
  readonly lockedRun: string | null | undefined;
  readonly now: Date;
}) {
  const last = runs.slice(0, shown).toReversed();
  return (
    <>
      <ol class="strip" aria-label={`The last ${last.length} runs, oldest first`}>
        {last.map((run) => {
          const { tone, glyph, text } = runState(run, lockedRun);
          const title = `${text}, ${ago(run.startedAt, now)}`;
          return (
            <li id={`strip-${run.run}`}>
              <a href={`/runs/${run.run}`} class={tone} title={title} aria-label={title}>
                {glyph}
              </a>
            </li>
          );
        })}
      </ol>
      <p class="legend">{summaryOf(last, lockedRun)}</p>
    </>
  );
}

/** `57 done, 1 throttled, 2 failed`. */
function summaryOf(runs: readonly RunFacts[], lockedRun: string | null | undefined): string {
  const groups = Map.groupBy(runs, (run) => runState(run, lockedRun).text);
  const parts = [...groups]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([text, { length }]) => `${length} ${text}`);
  return `${runs.length === 1 ? 'The last run' : `The last ${runs.length} runs`}: ${parts.join(', ')}`;
}
