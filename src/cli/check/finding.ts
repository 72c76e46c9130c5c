import { ExitCode, SyncError } from '../../errors.ts';

/** What `cronsync check` has found. */
export interface Finding {
  /** What it is about: `redis`, `table customers`, `listener notify`. */
  readonly what: string;
  /** `note`: a run works all the same. */
  readonly is: 'good' | 'note' | 'bad';
  readonly detail: string;
  /** Of a bad one: the exit code of a run that meets it. */
  readonly exitCode?: ExitCode;
}

export function good(what: string, detail: string): Finding {
  return { what, is: 'good', detail };
}

export function note(what: string, detail: string): Finding {
  return { what, is: 'note', detail };
}

export function bad(what: string, detail: string, exitCode: ExitCode = ExitCode.config): Finding {
  return { what, is: 'bad', detail, exitCode };
}

/** Makes findings; one of our errors is a finding too, so that it hides none of the others. */
export async function findingsOr(what: string, find: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    const { message, hint, exitCode } = error;
    return [bad(what, [message, hint].filter(Boolean).join('. '), exitCode)];
  }
}
