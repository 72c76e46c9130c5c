import { ConfigError, FencedError, IntegrityError, NewerTablesError } from '../../errors.ts';

// What ends a run in any database, in the same words.

export function fencedError(label: string): FencedError {
  return new FencedError(`a newer run has taken over the target ${label}; nothing was written`, {
    hint: 'Nothing needs to be done: the newer run continues.',
  });
}

export function notTakenOverError(label: string): IntegrityError {
  return new IntegrityError(`this run has not taken over the target ${label}; nothing was written`);
}

export function notRegisteredError(label: string, resource: string): IntegrityError {
  return new IntegrityError(`the resource "${resource}" is not registered in the target ${label}; nothing was written`);
}

export function lostCommitsError(label: string, expected: number, found: number | undefined): IntegrityError {
  return new IntegrityError(
    `the target ${label} lost commits while this run wrote: its next event should be ${expected} and is ${found ?? 'unknown'}; nothing was written`,
    { hint: 'If the database was restored from a backup, or failed over, run `cronsync outbox rebase`.' },
  );
}

export function lostFenceError(label: string): ConfigError {
  return new ConfigError(`the target ${label} did not keep its fence; nothing was written`);
}

export function unfitError(label: string, problems: readonly string[]): ConfigError {
  return new ConfigError(`the target ${label} does not fit: ${problems.join('; ')}; nothing was written`, {
    hint: 'Change the config or the table; `cronsync check` shows what is missing.',
  });
}

export function otherVersionError(label: string, found: unknown, known: number): ConfigError {
  return new NewerTablesError(
    `the tables of cronsync in ${label} have version ${found}, and this release knows versions up to ${known}; nothing was written`,
    { hint: 'A newer release has migrated this database: run that release of cronsync on it.' },
  );
}

/** What a person wants to be kept needs tables that only a run makes. */
export function olderTablesError(label: string): ConfigError {
  return new ConfigError(
    `the tables of cronsync in ${label} are of an earlier release and have no place for this; nothing was written`,
    { hint: 'The next "cronsync run" brings them up to this release. Then try again.' },
  );
}

/** The plan must have one step for each record. */
export function assertPlanned(steps: readonly unknown[], records: readonly unknown[]): void {
  if (steps.length === records.length) return;
  throw new IntegrityError('the plan does not have one step for each record; nothing was written');
}
