import type { BackOff, Checkpoint, Failure } from '../checkpoint.ts';
import { CursorExpiredError, type SyncError, ThirdPartyError } from '../errors.ts';
import type { Resource } from './resource.ts';

/** A resource and where its pass stands. */
export interface Progressing {
  readonly resource: Resource;
  readonly checkpoint: Checkpoint | null;
}

/**
 * The pass to work on next: of those that are due or unfinished and not backing off, the one tried least recently. The
 * children of a resource of which no pass was completed yet wait for it; `all` has the candidates and those that are done.
 */
export function choosePass<P extends Progressing>(
  candidates: readonly P[],
  now: number,
  all: readonly P[] = candidates,
): P | undefined {
  return candidates
    .filter(({ resource: { parent } }) => {
      const ofParent = all.find(({ resource: { table } }) => table.resource === parent?.resource);
      return ofParent === undefined || (ofParent.checkpoint?.completedAt ?? null) !== null;
    })
    .filter((candidate) => isDue(candidate, now))
    .filter((candidate) => !isBackingOff(candidate, now))
    .sort((a, b) => triedAt(a, now) - triedAt(b, now))[0];
}

/** Whether the resource needs work now: its pass is under way, is held with a permission, or ended `everyMs` ago. */
export function isDue({ resource, checkpoint: before }: Progressing, now: number): boolean {
  if (before === null || before.shape !== resource.shape) return true;
  if (before.phase === 'walking' || before.phase === 'deleting') return true;
  if (before.permission !== null || (before.emptiedPermission ?? null) !== null) return true;
  if (before.completedAt === null || isAhead(before.completedAt, now)) return true;
  return now - before.completedAt >= resource.everyMs;
}

/**
 * Whether an earlier failure makes the pass wait. A new shape ends that, since it asks another question. A back-off that a
 * host with a fast clock has stored makes nobody wait.
 */
export function isBackingOff({ resource, checkpoint }: Progressing, now: number): boolean {
  if (!checkpoint?.backOff || checkpoint.shape !== resource.shape || isAhead(checkpoint.triedAt, now)) return false;
  return checkpoint.backOff.until > now;
}

/** How long a failing resource waits: a random time of at most `perMs`, doubled with each consecutive failure, up to `capMs`. */
export function backOffAfter(
  error: Error,
  { failures }: Checkpoint,
  { perMs, capMs }: { readonly perMs: number; readonly capMs: number },
  now: number,
): BackOff | null {
  if (!(error instanceof ThirdPartyError) || error.backsOff !== 'resource') return null;
  const longest = Math.min(capMs, perMs * 2 ** Math.min(failures, 5));
  const until = now + Math.round(Math.random() * longest);
  return { until, cause: { exitCode: error.exitCode, message: error.message } };
}

/** What is remembered of an error of the third party. */
export function failureOf({ exitCode, message, hint, status }: SyncError): Failure {
  return { exitCode, message, hint: hint ?? null, status: status ?? null };
}

/** What the third party no longer knows, as far as its error says so. */
export function whatExpired(error: Error): 'cursor' | 'bookmark' | null {
  if (!(error instanceof CursorExpiredError)) return null;
  return error.isBookmark ? 'bookmark' : 'cursor';
}

/** Whether a time was stored by a host whose clock is ahead of this one, so that it means nothing here. */
export function isAhead(stored: number, now: number): boolean {
  return stored > now;
}

function triedAt({ checkpoint }: Progressing, now: number): number {
  return checkpoint === null || isAhead(checkpoint.triedAt, now) ? 0 : checkpoint.triedAt;
}
