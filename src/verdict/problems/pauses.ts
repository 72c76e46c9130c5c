import type { Facts, PauseFacts } from '../facts.ts';
import type { Problem } from '../problem.ts';
import { ago, roughly } from '../words.ts';

/** What somebody has paused. */
export function pauseProblems({ database, now }: Facts): Problem[] {
  if (database.is === 'unknown') return [];
  return database.value.pauses.map((pause) => pauseProblem(pause, now));
}

/** `for 45 min more: "their migration" (by deploy)`. */
export function pauseText({ until, reason, who }: PauseFacts, now: Date): string {
  const time =
    until === null ? 'until somebody resumes it' : `for ${roughly(until.getTime() - now.getTime(), Math.round)} more`;
  return `${time}${reason === null ? '' : `: "${reason}"`} (by ${who})`;
}

function pauseProblem(pause: PauseFacts, now: Date): Problem {
  const { listener, at } = pause;
  const isSync = listener === null;
  const what = isSync ? 'the sync' : `the listener \`${listener}\``;
  return {
    id: isSync ? 'sync-paused' : 'listener-paused',
    severity: 'watch',
    ...(listener !== null && { listener }),
    since: at,
    title: `${what} is paused`,
    cause: `${isSync ? 'The sync' : `The listener \`${listener}\``} was paused ${ago(at, now)}, ${pauseText(pause, now)}.`,
    guarantee: isSync
      ? 'No hit is made and no row is written. What is in the outbox is still delivered.'
      : 'Its events wait. The other listeners go on.',
    advice: 'Resume it when the reason is gone.',
    next: isSync ? 'cronsync resume' : `cronsync resume --listener ${listener}`,
  };
}
