import type { Mode } from '../adapter.ts';
import type { ChangeCounts } from '../change.ts';
import type { BackOff, Checkpoint } from '../checkpoint.ts';
import { crashPoint } from '../crash.ts';
import { ConfigError, CursorExpiredError, ThirdPartyError } from '../errors.ts';
import { assertTrusted, eventOptions, type Session } from '../run/context.ts';
import type { StoredPass } from '../target.ts';
import { bury } from './end-changes.ts';
import { type Swept, sweep } from './end-snapshot.ts';
import { hasRecords } from './live.ts';
import type { Resource } from './resource.ts';
import { SeenSet } from './seen-set.ts';
import { type Taken, takePage } from './take-page.ts';
import { atHome, fail, isSnapshot, needsNewPass, nextMode, startPass, wholeMode } from './transitions.ts';

export interface ServeOptions {
  readonly source: string;
  readonly onRemap: 'emit' | 'silent';
  /** The rate of the throttle: a back-off is a multiple of it. */
  readonly perMs: number;
}

/** One step: what a page brought, and what the end of its pass deleted. */
export interface Served {
  /** Null: no page was needed, the pass was to be ended. */
  readonly taken: Taken | null;
  /** Null: the pass goes on. */
  readonly swept: Swept | null;
}

/** One resource in one run: where its pass stands, and the seen set in memory. */
export class Work {
  readonly resource: Resource;
  checkpoint: Checkpoint | null;
  #stored: Uint8Array | null;
  #seen: SeenSet | null = null;

  constructor(resource: Resource, stored: StoredPass | null) {
    this.resource = resource;
    this.checkpoint = stored?.checkpoint ?? null;
    this.#stored = stored?.seen ?? null;
  }

  /** Starts a new pass, which has seen nothing. */
  start(whole: Mode, now: number): Checkpoint {
    this.#stored = null;
    this.#seen = new SeenSet();
    return startPass(this.checkpoint, this.resource.shape, nextMode(this.checkpoint, this.resource, whole, now), now);
  }

  /** Whatever the pass was doing, the next step starts a new one. What a finished pass was for, it is not for. */
  startOver(): void {
    const { checkpoint } = this;
    if (checkpoint === null) return;
    const isRemap = checkpoint.isRemap && checkpoint.completedAt === null;
    const nothing = { completedAt: null, validators: null, fullAt: null, bookmark: null };
    this.checkpoint = { ...checkpoint, phase: 'done', isRemap, ...nothing };
  }

  seen(): SeenSet {
    this.#seen ??= SeenSet.restore(this.#stored);
    return this.#seen;
  }

  /** A page is committed: the checkpoint and what was seen are as stored. */
  keep(checkpoint: Checkpoint): void {
    this.checkpoint = checkpoint;
    this.#stored = null;
  }

  /** A page failed half-way: what was seen is read again from where it is stored. */
  async reload({ target }: Pick<Session, 'target'>): Promise<void> {
    const stored = await target.pass(this.resource.table.resource);
    this.checkpoint = stored?.checkpoint ?? null;
    this.#stored = stored?.seen ?? null;
    this.#seen = null;
  }
}

/**
 * Takes a resource one step further.
 *
 * 1. Go on with its pass, or start one. Note the try first, so that a page that kills the process starves nobody.
 * 2. Take a page in.
 * 3. Was it the last: let the guard judge, and delete what is gone.
 */
export async function serve(work: Work, options: ServeOptions, session: Session): Promise<Served> {
  const started = await begin(work, session);
  const isStable = session.party.adapter.isStable(work.resource.table.resource);
  const pass = { resource: work.resource, seen: work.seen(), events: eventOptions(started, options), isStable };

  let checkpoint = started;
  let taken: Taken | null = null;
  if (checkpoint.phase === 'walking') {
    taken = await takePage({ ...pass, checkpoint }, takeDeps(work, checkpoint, session));
    ({ checkpoint } = taken);
    work.keep(checkpoint);
    session.progress.page(work.resource.table.resource, checkpoint.progress.pages);
  }
  if (checkpoint.phase === 'walking') return { taken, swept: null };
  if (checkpoint.phase === 'done') return { taken, swept: nothingSwept(checkpoint) };

  crashPoint('before-sweep');
  const swept = isSnapshot(checkpoint)
    ? await sweep({ ...pass, checkpoint }, writeDeps(session))
    : await bury({ ...pass, checkpoint }, writeDeps(session));
  crashPoint('swept');
  work.keep(swept.checkpoint);
  if (isSnapshot(checkpoint) && swept.verdict.delete !== 'none') {
    await session.target.purgeRejects(work.resource.table.resource, checkpoint.pass);
  }
  return { taken, swept };
}

/** Remembers a failure of the third party with the checkpoint, and who must stay away for how long. */
export async function noteFailure(work: Work, error: Error, options: ServeOptions, session: Session): Promise<void> {
  await work.reload(session);
  const { checkpoint } = work;
  if (checkpoint === null) return;
  const now = session.now();
  const failed = fail(
    checkpoint,
    now,
    backOffAfter(error, checkpoint, options, session),
    whatIsDead(error),
    wholeMode(session.party.adapter.modes(work.resource.table.resource)),
  );
  if (failed.pass !== checkpoint.pass)
    session.log.warn(`pass ${checkpoint.pass} of ${work.resource.table.resource} is given up; it deletes nothing`);
  await session.target.save(work.resource.table.resource, {
    checkpoint: failed,
    ...(failed.pass !== checkpoint.pass && { seen: null }),
  });
  await work.reload(session);
}

function whatIsDead(error: Error): 'cursor' | 'bookmark' | null {
  if (!(error instanceof CursorExpiredError)) return null;
  return error.isBookmark ? 'bookmark' : 'cursor';
}

/** Remembers that a URL has moved for good. */
export async function noteMoved(
  work: Work,
  { from, to }: { from: string; to: string },
  session: Session,
): Promise<void> {
  await work.reload(session);
  if (work.checkpoint === null) return;
  const checkpoint = { ...work.checkpoint, moved: { ...work.checkpoint.moved, [from]: to } };
  await session.target.save(work.resource.table.resource, { checkpoint });
  await work.reload(session);
}

/** A pass that brought nothing new proves what the last one proved. */
function nothingSwept(checkpoint: Checkpoint): Swept {
  return { checkpoint, verdict: { delete: 'all' }, deleted: 0, refused: 0, hasTooManyRejects: false };
}

async function begin(work: Work, session: Session): Promise<Checkpoint> {
  const { resource, checkpoint: before } = work;
  const isPermitted = before?.phase === 'held' && before.permission !== null && before.shape === resource.shape;
  const modes = session.party.adapter.modes(resource.table.resource);
  const isNew = !isPermitted && needsNewPass(before, resource.shape, modes);
  const now = session.now();
  const checkpoint = { ...(isNew || before === null ? await starting(work, modes, session) : before), triedAt: now };
  if (checkpoint.phase === 'walking') demandMode(checkpoint, resource, session);
  assertTrusted(session);
  await session.target.save(resource.table.resource, { checkpoint, ...(isNew && { seen: null }) });
  work.checkpoint = checkpoint;
  return checkpoint;
}

async function starting(work: Work, modes: readonly Mode[], { party, target, now }: Session): Promise<Checkpoint> {
  const isFirst = !(await hasRecords(work.resource, target));
  return atHome(work.start(wholeMode(modes), now()), party.name, isFirst, work.resource.rekey !== undefined);
}

function demandMode({ mode }: Checkpoint, { table }: Resource, { party }: Session): void {
  if (party.adapter.modes(table.resource).includes(mode)) return;
  throw new ConfigError(`the adapter ${party.name} cannot read ${mode} of ${table.resource}; no hit was made`, {
    hint: `Leave "mode" and "fullEvery" out: then every pass reads everything that there is.`,
  });
}

function backOffAfter(
  error: Error,
  { failures }: Checkpoint,
  { perMs }: ServeOptions,
  session: Session,
): BackOff | null {
  if (!(error instanceof ThirdPartyError) || error.backsOff !== 'resource') return null;
  const longest = Math.min(session.timings.backOffCapMs, perMs * 2 ** Math.min(failures, 5));
  const until = session.now() + Math.round(Math.random() * longest);
  return { until, cause: { exitCode: error.exitCode, message: error.message } };
}

function writeDeps(session: Session) {
  const { target, signal, relayer, timings, now, onCommitted } = session;
  return {
    target,
    signal,
    now,
    busyMs: timings.targetBusyMs,
    committed: (counts: ChangeCounts) => {
      onCommitted(counts);
      return relayer.committed();
    },
    assertTrusted: () => assertTrusted(session),
  };
}

function takeDeps({ resource }: Work, checkpoint: Checkpoint, session: Session) {
  const { party, signal, log, progress, batchSize, target, lease, onHit } = session;
  const http = party.openHttp({
    mode: checkpoint.mode,
    guard: target.slots,
    mayStillSend: () => !signal.aborted && lease.isTrusted(),
    moved: checkpoint.moved,
    failures: checkpoint.failures,
    onHit,
    signal,
  });
  return {
    ...writeDeps(session),
    adapter: party.adapter,
    adapterName: party.name,
    context: { http, log, signal },
    progress,
    batchSize,
    keys: resource.changes?.keys,
  };
}
