import { ExitCode, StopError, SyncError, UnreachableError } from '../errors.ts';
import { lowestCursor } from '../relay/groups.ts';
import type { Relayer } from '../relay/relayer.ts';
import type { RunContext } from './context.ts';
import type { RunReport } from './report.ts';
import { totalsWith } from './run-totals.ts';

interface Finishing extends Pick<RunContext, 'lease' | 'target' | 'timings' | 'timeline' | 'now'> {
  readonly relayer: Relayer;
  /** Writes events about the sync itself, if a listener hears them. */
  readonly announce?: (() => Promise<void>) | undefined;
}

/**
 * Announces what is new of the sync, relays the rest of the events, forgets old ones, and writes the run's row. A run that is
 * being stopped does it quickly; a run that lost the lock leaves its row only, which the target takes unless another run has
 * taken over. What goes wrong here is reported too: the data is committed in any case.
 */
export async function finish(
  report: RunReport,
  retainMs: number,
  context: Finishing,
  stop: AbortSignal,
): Promise<void> {
  const { lease, target, timings, timeline, now } = context;
  const record = async () => {
    const row = report.row(now(), stopCodeOf(stop), timeline);
    await target.recordRun({ ...row, totals: await totalsWith(row, target) });
  };
  if (!lease.isTrusted()) return record().catch(() => {});
  await announceNews(report, context);
  if (!report.isAlarmed) {
    try {
      await relayTheRest(report, context, stop.aborted ? timings.stopRelayMs : timings.relayPatienceMs);
      await purge(retainMs, context);
    } catch (error) {
      report.met(error);
    }
  }
  try {
    await record();
  } catch (error) {
    report.met(error);
  }
}

/** The exit code of whatever stopped the run from outside; null if nothing did. */
export function stopCodeOf(stop: AbortSignal): ExitCode | null {
  if (!stop.aborted) return null;
  return stop.reason instanceof StopError ? stop.reason.exitCode : ExitCode.ok;
}

/** What cannot be announced now is announced by a later run. */
async function announceNews(report: RunReport, { announce }: Finishing): Promise<void> {
  try {
    await announce?.();
  } catch (error) {
    report.met(error);
  }
}

async function relayTheRest(report: RunReport, { relayer, timeline }: Finishing, patienceMs: number): Promise<void> {
  const timeIsUp = AbortSignal.timeout(patienceMs);
  try {
    const drain = () => relayer.drain(timeIsUp, patienceMs);
    report.relayed(await timeline.time('relay', null, drain, ({ appended }) => appended));
  } catch (error) {
    const isLate = timeIsUp.aborted && !(error instanceof SyncError);
    throw isLate || error instanceof UnreachableError ? eventsLeft(error) : error;
  }
}

/** The message says what is committed: "Redis is away" alone would sound as if nothing had been written. */
function eventsLeft(error: unknown): UnreachableError {
  const why = error instanceof UnreachableError ? error.message : 'Redis did not take them in time';
  const hint = error instanceof UnreachableError && error.hint ? { hint: error.hint } : {};
  return new UnreachableError(
    `what was committed is safe, and its events wait in the outbox for the next run: ${why}`,
    { ...hint, cause: error },
  );
}

/** Removes events from the outbox that are older than `retain`, on the stream, and acknowledged by every listener. */
async function purge(retainMs: number, { target, now }: Finishing): Promise<void> {
  const olderThan = new Date(Math.max(0, now() - retainMs));
  const passed = await target.atOnce(async (ask) => {
    const [fence, groups] = await Promise.all([ask.fence(), ask.groups()]);
    if (fence === null) return null;
    const position = lowestCursor(groups) ?? { generation: fence.generation, seq: fence.nextSeq - 1 };
    return (await ask.hasOldEvents(olderThan, position)) ? position : null;
  });
  if (passed) await target.purgeOutbox(olderThan, passed);
}
