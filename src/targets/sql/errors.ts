import { FencedError, IntegrityError } from '../../errors.ts';

export function fencedError(label: string): FencedError {
  return new FencedError(`a newer run has taken over the target ${label}; nothing was written`, {
    hint: 'Nothing is to be done: the newer run goes on.',
  });
}

export function lostCommitsError(label: string, expected: number, found: number | undefined): IntegrityError {
  return new IntegrityError(
    `the target ${label} lost commits while this run wrote: its next event should be ${expected} and is ${found ?? 'unknown'}; nothing was written`,
    { hint: 'If the database was restored from a backup, or failed over, run `cronsync outbox rebase`.' },
  );
}
