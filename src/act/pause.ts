import { UsageError } from '../errors.ts';
import type { Pause } from '../pause.ts';
import type { Target } from '../target.ts';
import { type Noting, note } from './note.ts';

export interface Pausing extends Noting {
  readonly target: Pick<Target, 'setPause' | 'endPause' | 'recordActivity'>;
}

/** What a person wants to pause: a listener, or with null the sync; until a time, or with null until somebody resumes it. */
export type PauseRequest = Pick<Pause, 'listener' | 'until'>;

/** Pauses the sync or a listener, in place of the pause that there may be. Throws `UsageError` for a time that cannot be. */
export async function pause({ listener, until }: PauseRequest, { target, ...noting }: Pausing): Promise<Pause> {
  if (until && Number.isNaN(until.getTime())) throw new UsageError('there is no such time; nothing was paused');
  const { who, why: reason } = noting.actor;
  const paused: Pause = { listener, until, reason, who, at: new Date() };
  await target.setPause(paused);
  await note({ ...noting, target }, 'pause', { listener, until });
  return paused;
}

/** Ends a pause: of a listener, or with null of the sync. False: it was not paused. */
export async function resume(listener: string | null, { target, ...noting }: Pausing): Promise<boolean> {
  const wasPaused = await target.endPause(listener);
  if (wasPaused) await note({ ...noting, target }, 'resume', { listener });
  return wasPaused;
}
