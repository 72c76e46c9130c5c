import { ExitCode, StopError, SyncError, UnreachableError } from '../errors.ts';
import { lowestCursor } from '../relay/groups.ts';
import type { Session } from './context.ts';
import type { Tally } from './report.ts';

type Ending = Pick<Session, 'lease' | 'relayer' | 'target' | 'timings' | 'now'>;

/**
 * Gets the events out, forgets old ones, writes the run's row. A stopping run does it quickly; a run that lost its right to
 * write does nothing. What goes wrong here is told as well: the data is committed in any case.
 */
export async function finish(tally: Tally, retainMs: number, session: Ending, stop: AbortSignal): Promise<void> {
  const { lease, target, timings, now } = session;
  if (!lease.isTrusted()) return;
  if (!tally.isAlarmed) {
    try {
      await relayTheRest(tally, session, stop.aborted ? timings.stopRelayMs : timings.relayPatienceMs);
      await purge(retainMs, session);
    } catch (error) {
      tally.met(error);
    }
  }
  try {
    await target.recordRun(tally.row(now(), stopCodeOf(stop)));
  } catch (error) {
    tally.met(error);
  }
}

/** The exit code of whatever stopped the run from outside; null if nothing did. */
export function stopCodeOf(stop: AbortSignal): ExitCode | null {
  if (!stop.aborted) return null;
  return stop.reason instanceof StopError ? stop.reason.exitCode : ExitCode.ok;
}

async function relayTheRest(tally: Tally, { relayer }: Ending, patienceMs: number): Promise<void> {
  const timeIsUp = AbortSignal.timeout(patienceMs);
  try {
    tally.relayed(await relayer.drain(timeIsUp, patienceMs));
  } catch (error) {
    const isLate = timeIsUp.aborted && !(error instanceof SyncError);
    throw isLate || error instanceof UnreachableError ? eventsLeft(error) : error;
  }
}

/** Whoever reads that Redis is away must not take it that nothing was written. */
function eventsLeft(error: unknown): UnreachableError {
  const why = error instanceof UnreachableError ? error.message : 'Redis did not take them in time';
  const hint = error instanceof UnreachableError && error.hint ? { hint: error.hint } : {};
  return new UnreachableError(
    `what was committed is safe, and its events wait in the outbox for the next run: ${why}`,
    { ...hint, cause: error },
  );
}

/** What is older than `retain` and has been passed by the stream and by every listener leaves the outbox. */
async function purge(retainMs: number, { target, now }: Ending): Promise<void> {
  const fence = await target.fence();
  if (fence === null) return;
  const onStream = { generation: fence.generation, seq: fence.nextSeq - 1 };
  await target.purgeOutbox(new Date(Math.max(0, now() - retainMs)), lowestCursor(await target.groups()) ?? onStream);
}
