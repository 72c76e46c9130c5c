import type { Tone } from '../parts/status.tsx';

/** How a run ended, for people: by glyph, word and colour. */
export interface RunState {
  readonly tone: Tone;
  readonly glyph: string;
  readonly text: string;
}

const states: Readonly<Record<string, RunState>> = {
  done: { tone: 'good', glyph: '●', text: 'done' },
  partial: { tone: 'good', glyph: '◐', text: 'partial' },
  throttled: { tone: 'quiet', glyph: '○', text: 'throttled' },
  'not-due': { tone: 'quiet', glyph: '○', text: 'not due' },
  paused: { tone: 'quiet', glyph: '‖', text: 'paused' },
  held: { tone: 'note', glyph: '▲', text: 'held' },
  incomplete: { tone: 'note', glyph: '▲', text: 'incomplete' },
  stopped: { tone: 'note', glyph: '■', text: 'stopped' },
  failed: { tone: 'bad', glyph: '✕', text: 'failed' },
};

/** The outcomes that a run can be filtered by. */
export const outcomes: readonly string[] = Object.keys(states);

/** `lockedRun` is the run that holds the lock, if there is one: a run without an end that does not was killed. */
export function runState(
  { run, endedAt, outcome }: { readonly run: string; readonly endedAt: Date | null; readonly outcome: string | null },
  lockedRun: string | null | undefined,
): RunState {
  if (endedAt !== null) return stateOf(outcome);
  if (lockedRun === undefined) return { tone: 'quiet', glyph: '?', text: 'running, or killed' };
  return lockedRun === run
    ? { tone: 'note', glyph: '◌', text: 'running' }
    : { tone: 'bad', glyph: '✕', text: 'killed' };
}

export function stateOf(outcome: string | null): RunState {
  return states[outcome ?? ''] ?? { tone: 'quiet', glyph: '?', text: outcome ?? 'no end' };
}
