import type { Drift } from '../drift.ts';
import { CredentialsError, MovedError, ProtocolError, ThirdPartyError, ThrottledError } from '../errors.ts';
import { refuseUnmatched } from '../match/unmatched.ts';
import { choosePass } from '../pass/due.ts';
import { Pass } from '../pass/pass.ts';
import type { Resource } from '../pass/resource.ts';
import type { StoredPass, Target } from '../target.ts';
import { differingIn } from '../verify/findings.ts';
import { checkSample } from '../verify/sample.ts';
import type { RunContext } from './context.ts';
import { applyPermits, type Permit } from './permits.ts';
import type { RunReport } from './report.ts';
import { reportBackOff, reportDrift, reportEnd } from './report-pass.ts';
import { applyStoredPermits } from './stored-permits.ts';

export interface PassesOptions {
  /** The resources to work on: all of the config, or those that were asked for. */
  readonly resources: readonly Resource[];
  /** Start every pass over. */
  readonly isFull: boolean;
  /** With `isFull`: compare every row, and write again what somebody else has changed. */
  readonly verifies?: boolean;
  /** The run takes at most this many pages. */
  readonly maxPages: number;
  /** What a person permits of what the guard has held back; null where nobody was asked. */
  readonly permits: readonly Permit[] | null;
}

type Stored = readonly (StoredPass | null)[];

/** Where the passes of resources stand. */
export function storedPasses(resources: readonly Resource[], { pass }: Pick<Target, 'pass'>): Promise<Stored> {
  return Promise.all(resources.map(({ table }) => pass(table.resource)));
}

/** Opens the passes where they stand, and applies what the command line asks of them. */
export async function openPasses(
  options: PassesOptions,
  stored: Stored,
  run: RunContext,
  report: RunReport,
): Promise<Pass[]> {
  const passes: Pass[] = [];
  for (const [n, resource] of options.resources.entries())
    passes.push(await openPass(resource, stored[n] ?? null, run));
  report.opened(passes);
  await applyStoredPermits(passes, run, report);
  if (options.permits) await applyPermits(passes, options.permits, run, report);
  if (options.isFull) for (const pass of passes) pass.startOver({ verifies: options.verifies === true });
  return passes;
}

async function openPass(
  resource: Resource,
  stored: StoredPass | null,
  { target, thirdParty }: RunContext,
): Promise<Pass> {
  const isReshaped = stored?.checkpoint.shape !== resource.shape;
  if (isReshaped) await refuseUnmatched(resource, thirdParty.name, target);
  return new Pass(resource, stored);
}

/** Takes the passes forward one step at a time, the one tried least recently first, while slots and pages last. */
export async function stepPasses(
  passes: readonly Pass[],
  { maxPages }: PassesOptions,
  run: RunContext,
  report: RunReport,
): Promise<void> {
  const open = new Set(passes);
  while (report.pages < maxPages) {
    run.signal.throwIfAborted();
    const pass = choosePass([...open], run.now(), passes);
    if (!pass) break;
    report.due();
    try {
      if (await isOverAfterStep(pass, run, report)) open.delete(pass);
    } catch (error) {
      if (error instanceof ThrottledError) return report.throttled(error);
      if (await isOverAfterError(error, pass, run, report)) open.delete(pass);
    }
  }
  for (const pass of open) reportBackOff(pass, run.now(), report);
}

async function isOverAfterStep(pass: Pass, run: RunContext, report: RunReport): Promise<boolean> {
  const { taken, ended } = await pass.step(run);
  const { resource: name } = pass.resource.table;
  if (taken) report.tookPage(name, taken);
  if (!ended) return false;
  await reportEnd(pass, ended, run, report);
  const rowsThatDiffer = (drift: Drift | null) => (drift ? differingIn(drift) : 0);
  reportDrift(pass, await run.timeline.time('verify', name, () => checkSample(pass, run), rowsThatDiffer), report);
  return true;
}

/** Stores an error of the third party with its pass, so that the next resource has its turn. Any other error ends the run. */
async function isOverAfterError(error: unknown, pass: Pass, run: RunContext, report: RunReport): Promise<boolean> {
  if (run.signal.aborted) throw error;
  if (error instanceof MovedError && !Object.hasOwn(pass.checkpoint?.moved ?? {}, error.from)) {
    await pass.moved(error, run);
    report.warn(error.message);
    return false;
  }
  const isTheirs =
    error instanceof ThirdPartyError || error instanceof ProtocolError || error instanceof CredentialsError;
  if (!isTheirs) throw error;
  await pass.fail(error, run);
  report.met(error, pass.resource.table.resource);
  return true;
}
