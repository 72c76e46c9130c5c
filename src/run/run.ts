import { crashPoint } from '../crash.ts';
import {
  CredentialsError,
  MovedError,
  ProtocolError,
  StopError,
  SyncError,
  ThirdPartyError,
  ThrottledError,
  UnreachableError,
} from '../errors.ts';
import { generationAfter } from '../event.ts';
import type { Holder, Lease } from '../lock.ts';
import type { Log } from '../log.ts';
import { refuseUnmatched } from '../match/unmatched.ts';
import { BatchSize } from '../pass/batches.ts';
import { noteFailure, noteMoved, type ServeOptions, serve, Work } from '../pass/pass.ts';
import { chooseResource, type Resource } from '../pass/resource.ts';
import type { Progress } from '../progress.ts';
import { ensureGroups, type ListenerGroup } from '../relay/groups.ts';
import { Relayer } from '../relay/relayer.ts';
import type { EventStream } from '../stream.ts';
import type { Target } from '../target.ts';
import type { Timings } from '../timings.ts';
import { assertTrusted, type Party, type Session } from './context.ts';
import { finish, stopCodeOf } from './finish.ts';
import { tellBackOff, tellEnd } from './pass-ended.ts';
import { Tally } from './report.ts';
import type { Summary } from './summary.ts';

export interface RunOptions extends ServeOptions {
  readonly name: string;
  readonly adapter: string;
  readonly holder: Holder;
  /** Those to work on: all of the config, or those that were asked for. */
  readonly resources: readonly Resource[];
  /** Start a snapshot pass over. */
  readonly isFull: boolean;
  /** Pages that this run takes at the most. */
  readonly maxPages: number;
  /** Permit, once, as many deletions as the guard has held back. */
  readonly allowMassDelete: boolean;
  readonly groups: readonly ListenerGroup[];
  readonly maxStream: number;
  /** Events stay in the outbox at least this long. */
  readonly retainMs: number;
}

export interface RunDeps {
  /** The lock is held already: whatever a run needs after it is loaded after it. */
  readonly lease: Lease;
  readonly stream: EventStream;
  readonly openTarget: () => Promise<Target>;
  readonly openParty: () => Promise<Party>;
  readonly log: Log;
  readonly progress: Progress;
  readonly timings: Timings;
  /** Fires on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/**
 * One run, under a lock that is held.
 *
 * 1. Open the target, take the newest fence, make tables and groups.
 * 2. Relay what an earlier run left.
 * 3. While a resource is due, a slot comes in time, and time lasts: take a page, and end the pass if it was the last.
 * 4. Relay to the end, write the run's row.
 *
 * Throws what keeps a run from starting; what it meets afterwards is in the summary, with its exit code.
 */
export async function run(options: RunOptions, deps: RunDeps): Promise<Summary> {
  crashPoint('after-lock');
  const timeIsUp = AbortSignal.timeout(deps.timings.runMs);
  const { lease } = deps;
  const signal = AbortSignal.any([deps.signal, lease.signal, timeIsUp]);
  const tally = new Tally(options, deps.now());
  await using target = await deps.openTarget();
  const party = await deps.openParty();
  const { last } = await deps.stream.state();
  // A run that slept until here would fence out the one that works by now.
  assertTrusted({ lease, signal });
  await target.takeOver(
    identityOf(options.holder),
    options.resources.map(({ table }) => table),
    generationAfter(last),
    signal,
  );
  crashPoint('after-claim');

  const relayer = new Relayer(relayOptions(options), { stream: deps.stream, target, log: deps.log }, signal);
  const batchSize = new BatchSize(deps.timings.batchMs);
  const session: Session = {
    ...deps,
    party,
    target,
    relayer,
    signal,
    batchSize,
    onHit: () => tally.hit(),
    onCommitted: (counts) => tally.wrote(counts),
  };
  try {
    await ensureGroups(options.groups, { stream: deps.stream, target });
    tally.relayed(await relayer.drain(signal, deps.timings.relayPatienceMs));
    const works = await openWorks(options, session, tally);
    await serveAll(works, options, session, tally);
  } catch (error) {
    tally.met(reasonOf(error, { signal: deps.signal, lease, timeIsUp }));
  }
  await finish(tally, options.retainMs, session, deps.signal);
  crashPoint('before-release');
  return tally.summary(deps.now(), stopCodeOf(deps.signal));
}

async function openWorks(options: RunOptions, session: Session, tally: Tally): Promise<Work[]> {
  const works: Work[] = [];
  for (const resource of options.resources) {
    const stored = await session.target.pass(resource.table.resource);
    const isReshaped = stored?.checkpoint.shape !== resource.shape;
    if (isReshaped) await refuseUnmatched(resource, options.adapter, session.target);
    works.push(new Work(resource, stored));
  }
  for (const work of works) {
    if (options.allowMassDelete) await permit(work, session, tally);
    if (options.isFull) work.startOver();
  }
  tally.works = works;
  return works;
}

/** The permission is for as many rows as the guard has held: nothing held, nothing to permit. */
async function permit(work: Work, { target }: Session, tally: Tally): Promise<void> {
  const { resource } = work.resource.table;
  if (!work.checkpoint?.held) {
    tally.warn(`nothing of ${resource} is held back: --allow-mass-delete permits only what a pass has held before`);
    return;
  }
  work.checkpoint = { ...work.checkpoint, permission: work.checkpoint.held.count };
  await target.save(resource, { checkpoint: work.checkpoint });
}

async function serveAll(works: readonly Work[], options: RunOptions, session: Session, tally: Tally): Promise<void> {
  const open = new Set(works);
  while (tally.pages < options.maxPages) {
    session.signal.throwIfAborted();
    const work = chooseResource([...open], session.now());
    if (!work) break;
    tally.due();
    try {
      const served = await serve(work, options, session);
      tally.served(served);
      if (served.swept) {
        open.delete(work);
        await tellEnd(work, served, session, tally);
      }
    } catch (error) {
      if (error instanceof ThrottledError) return tally.throttled(error);
      const isOver = await noteError(error, work, options, session, tally);
      if (isOver) open.delete(work);
    }
  }
  for (const work of open) tellBackOff(work, session.now(), tally);
}

/** What the third party did wrong is noted, and the next resource has its turn. Everything else ends the run. */
async function noteError(
  error: unknown,
  work: Work,
  options: RunOptions,
  session: Session,
  tally: Tally,
): Promise<boolean> {
  if (session.signal.aborted) throw error;
  if (error instanceof MovedError && !Object.hasOwn(work.checkpoint?.moved ?? {}, error.from)) {
    await noteMoved(work, error, session);
    tally.warn(error.message);
    return false;
  }
  const isTheirs =
    error instanceof ThirdPartyError || error instanceof ProtocolError || error instanceof CredentialsError;
  if (!isTheirs) throw error;
  await noteFailure(work, error, options, session);
  tally.met(error);
  return true;
}

/** An aborted wait says only that it was aborted: what counts is who aborted it. */
function reasonOf(error: unknown, by: { signal: AbortSignal; lease: Lease; timeIsUp: AbortSignal }): unknown {
  if (by.lease.signal.aborted) return by.lease.signal.reason;
  if (by.signal.aborted) return error instanceof SyncError && !(error instanceof StopError) ? error : undefined;
  if (!by.timeIsUp.aborted) return error;
  return new UnreachableError(
    'the run has lasted as long as a run may; what is committed stays, and the next run goes on',
  );
}

function relayOptions({ name, maxStream, groups }: RunOptions) {
  return { name, maxStream, groups: groups.map(({ group }) => group) };
}

function identityOf({ run: id, host, pid }: Holder) {
  return { run: id, holder: `${host}:${pid}` };
}
