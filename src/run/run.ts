import { crashPoint } from '../crash.ts';
import { StopError, SyncError, UncaughtError, UnreachableError, UsageError } from '../errors.ts';
import { generationAfter } from '../event.ts';
import type { Holder, Lease } from '../lock.ts';
import type { Log } from '../log.ts';
import { BatchSize } from '../pass/page/batches.ts';
import type { Pause } from '../pause.ts';
import type { Progress } from '../progress.ts';
import { ensureGroups, type ListenerGroup } from '../relay/groups.ts';
import { Relayer } from '../relay/relayer.ts';
import type { EventStream } from '../stream.ts';
import type { Target } from '../target.ts';
import type { Timings } from '../timings.ts';
import { assertTrusted, type EventPolicy, type RunContext, type ThirdParty } from './context.ts';
import { finish, stopCodeOf } from './finish.ts';
import { openPasses, type PassesOptions, stepPasses, storedPasses } from './passes.ts';
import { RunReport } from './report.ts';
import type { Summary } from './summary.ts';
import { Timeline } from './timeline.ts';

export interface RunOptions extends PassesOptions, Omit<EventPolicy, 'maker'> {
  readonly name: string;
  readonly adapter: string;
  readonly holder: Holder;
  /** Of this program. */
  readonly version: string;
  readonly groups: readonly ListenerGroup[];
  readonly maxStream: number;
  /** Events stay in the outbox at least this long. */
  readonly retainMs: number;
  /** A listener hears what is announced of the sync itself. */
  readonly announces?: boolean;
  /** The rate of the throttle: a back-off is a multiple of it. */
  readonly perMs: number;
}

export interface RunDeps {
  /** The lock is held already. What a run needs after it is loaded after it. */
  readonly lease: Lease;
  readonly stream: EventStream;
  readonly openTarget: () => Promise<Target>;
  readonly openThirdParty: () => Promise<ThirdParty>;
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
 * 1. Open the target, take the newest fence, make tables and groups; write a row that says that the run has started.
 * 2. Relay what an earlier run left.
 * 3. Unless a person has paused the sync: while a resource is due, a slot comes in time, and time lasts, take a page, and end the
 *    pass after its last page.
 * 4. Relay to the end, replace the row by one that says what the run did.
 *
 * Throws what keeps a run from starting. An error after that is in the summary, with its exit code.
 */
export async function run(options: RunOptions, deps: RunDeps): Promise<Summary> {
  crashPoint('after-lock');
  const timeIsUp = AbortSignal.timeout(deps.timings.runMs);
  const { lease } = deps;
  const signal = AbortSignal.any([deps.signal, lease.signal, timeIsUp]);
  const report = new RunReport(options, deps.now());
  const timeline = new Timeline();
  const openedAt = performance.now();
  await using target = await deps.openTarget();
  const thirdParty = await deps.openThirdParty();
  await takeOverTarget(target, options, { ...deps, signal });
  await target.startRun(report.started());
  timeline.note({ phase: 'lock', resource: null, from: openedAt, count: 1 });

  const relayer = new Relayer(relayOptions(options), { stream: deps.stream, target, log: deps.log }, signal);
  const opened = { target, thirdParty, signal, timeline };
  const context = { ...contextOf(options, deps, opened), ...reporting(report, relayer) };
  try {
    await ensureGroups(options.groups, { stream: deps.stream, target });
    const drain = () => relayer.drain(signal, deps.timings.relayPatienceMs);
    report.relayed(await timeline.time('relay', null, drain, ({ appended }) => appended));
    const { pause, stored } = await target.atOnce(async (ask) => ({
      pause: await pauseOf(ask),
      stored: await storedPasses(options.resources, ask),
    }));
    if (pause) whilePaused(pause, options, report);
    else await stepPasses(await openPasses(options, stored, context, report), options, context, report);
  } catch (error) {
    report.met(reasonOf(error, { signal: deps.signal, lease, timeIsUp }));
  }
  const announce = options.announces ? announcer(report, context, deps.signal) : undefined;
  await finish(report, options.retainMs, { ...context, relayer, announce }, deps.signal);
  crashPoint('before-release');
  return report.summary(deps.now(), stopCodeOf(deps.signal));
}

/** Takes the newest fence. A run that was paused until here would fence out the run that works now, so the lease is checked. */
async function takeOverTarget(
  target: Target,
  { holder, resources }: RunOptions,
  { stream, lease, signal }: Pick<RunDeps, 'stream' | 'lease' | 'signal'>,
): Promise<void> {
  const { last } = await stream.state();
  assertTrusted({ lease, signal });
  const tables = resources.map(({ table }) => table);
  await target.takeOver(identityOf(holder), tables, generationAfter(last), signal);
  crashPoint('after-claim');
}

/** The pause of the sync; undefined: it is not paused. */
async function pauseOf(target: Pick<Target, 'pauses'>): Promise<Pause | undefined> {
  return (await target.pauses()).find(({ listener }) => listener === null);
}

/** What a person permits must not be lost without a word. */
function whilePaused(pause: Pause, { permits }: Pick<RunOptions, 'permits'>, report: RunReport): void {
  report.paused(pause);
  if (permits === null) return;
  const hint = 'Resume it first with "cronsync resume", or let a later run do it: "cronsync approve".';
  throw new UsageError('the sync is paused; nothing was permitted, no hit was made', { hint });
}

type Reporting = Pick<RunContext, 'onHit' | 'warn' | 'committed'>;
type Opened = Pick<RunContext, 'target' | 'thirdParty' | 'signal' | 'timeline'>;

function contextOf(options: RunOptions, deps: RunDeps, opened: Opened): Omit<RunContext, keyof Reporting> {
  const { source, onRemap, outbox, perMs, adapter, holder } = options;
  const { lease, log, progress, timings, now } = deps;
  const batchSize = new BatchSize(timings.batchMs);
  const events = { source, onRemap, outbox, maker: { run: holder.run, adapter } };
  return { ...opened, lease, log, progress, timings, now, batchSize, events, perMs };
}

/** What is committed stays committed, however the run ends: it is counted at once. */
function reporting(report: RunReport, relayer: Relayer): Reporting {
  return {
    onHit: () => report.hit(),
    warn: (warning) => report.warn(warning),
    committed: (resource, counts) => {
      report.wrote(resource, counts);
      return relayer.committed();
    },
  };
}

function announcer(report: RunReport, context: RunContext, stop: AbortSignal): () => Promise<void> {
  return async () => {
    const { announce } = await import('./news/announce.ts');
    await announce(report.summary(context.now(), stopCodeOf(stop)), report.passes, context);
  };
}

/** The error that an aborted wait stands for: that of whoever aborted it. */
function reasonOf(error: unknown, by: { signal: AbortSignal; lease: Lease; timeIsUp: AbortSignal }): unknown {
  if (by.lease.signal.aborted) return by.lease.signal.reason;
  if (by.signal.reason instanceof UncaughtError) return by.signal.reason;
  if (by.signal.aborted) return error instanceof SyncError && !(error instanceof StopError) ? error : undefined;
  if (!by.timeIsUp.aborted) return error;
  return new UnreachableError(
    'the run has reached its time limit; what is committed stays, and the next run continues',
  );
}

function relayOptions({ name, maxStream, groups }: RunOptions) {
  return { name, maxStream, groups: groups.map(({ group }) => group) };
}

function identityOf({ run: id, host, pid }: Holder) {
  return { run: id, holder: `${host}:${pid}` };
}
