import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Target } from '../target.ts';

/** What people do to a sync. */
export type Act =
  | ('approve' | 'pause' | 'resume' | 'rewind' | 'replay' | 'drop' | 'listener-drop')
  | ('unlock' | 'repair' | 'full' | 'rebase' | 'rename' | 'forget');

/** A person who acts, by the command line or by the page. */
export interface Actor {
  /** `user@host`, or the role of the page. */
  readonly who: string;
  /** In their own words. */
  readonly why: string | null;
}

/** What is needed to note an act. */
export interface Noting {
  readonly actor: Actor;
  readonly target: Pick<Target, 'recordActivity'>;
  readonly log: Log;
}

/** Notes what a person has done. The act stays done where the note cannot be stored. */
export async function note(
  { actor, target, log }: Noting,
  what: Act,
  detail: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  try {
    await target.recordActivity({ at: new Date(), ...actor, what, detail });
  } catch (error) {
    log.warn(`it is done, and cannot be noted in the list of activities: ${messageOf(error)}`);
  }
}
