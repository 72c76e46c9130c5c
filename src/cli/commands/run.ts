import { type ExitCode, LockHeldError, UsageError } from '../../errors.ts';
import { hearsSync } from '../../listener.ts';
import type { RunDeps } from '../../run/run.ts';
import { takeLock } from '../../run/take-lock.ts';
import {
  connectRedis,
  loadSetting,
  lockOf,
  openTarget,
  type Setting,
  slotsOf,
  streamOf,
  thisHolder,
  tokensOf,
} from '../open/app.ts';
import type { RunWitness } from '../open/witness/run-witness.ts';
import { isWitnessed } from '../open/witness/witnessed.ts';
import { reportFailure } from '../output/report-error.ts';
import { readVersion } from '../package.ts';
import type { RunFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';

/** `cronsync run`: one run; with `--dry-run`, its plan. */
export async function runCommand(flags: RunFlags, terminal: Terminal, signal: AbortSignal): Promise<number> {
  refuseVerifyAlone(flags);
  const setting = await loadSetting(flags, terminal);
  if (!flags.dryRun) return unlessHeld(setting, flags, () => runAsAsked(setting, flags, signal));
  const { dryRunCommand } = await import('./dry-run.ts');
  return dryRunCommand(setting, flags, signal);
}

function refuseVerifyAlone({ verify, full, dryRun }: RunFlags): void {
  if (!verify || (full && !dryRun)) return;
  throw new UsageError('--verify needs --full, and cannot be part of a dry run; nothing was done', {
    hint: 'Run "cronsync run --full --verify", or "cronsync verify" to compare the rows without a hit.',
  });
}

/** A held lock is reported in any case. Some schedulers count every exit code but 0 as a failure. */
async function unlessHeld(setting: Setting, flags: RunFlags, run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof LockHeldError) || flags.lockedExitCode === undefined) throw error;
    reportFailure(error, setting.terminal);
    return flags.lockedExitCode;
  }
}

/** What cron never asks for is confirmed, and noted once the run was there. */
async function runAsAsked(setting: Setting, flags: RunFlags, signal: AbortSignal): Promise<number> {
  const { full, allowMassDelete, allowMassUpdate } = flags;
  const run = () => runWitnessed(setting, flags, signal);
  if (!full && allowMassDelete === undefined && allowMassUpdate === undefined) return run();
  const { runByPerson } = await import('../act/run-by-person.ts');
  return runByPerson(setting, flags, run);
}

async function runWitnessed(setting: Setting, flags: RunFlags, signal: AbortSignal): Promise<ExitCode> {
  if (!isWitnessed(setting, flags)) return runOnce(setting, flags, signal, null);
  const { RunWitness } = await import('../open/witness/run-witness.ts');
  const witness = new RunWitness(setting, flags);
  try {
    return await runOnce(setting, flags, signal, witness);
  } catch (error) {
    if (!(error instanceof LockHeldError)) witness.failed(error, signal);
    throw error;
  } finally {
    await witness.reported();
  }
}

/** The lock comes first: what a run needs after it is loaded after it. */
async function runOnce(
  setting: Setting,
  flags: RunFlags,
  signal: AbortSignal,
  witness: RunWitness | null,
): Promise<ExitCode> {
  const { config, terminal, timings } = setting;
  const isPermitting = flags.allowMassDelete !== undefined || flags.allowMassUpdate !== undefined;
  const permits = isPermitting ? await permitsGiven(setting, flags) : null;
  using redis = await connectRedis(setting);
  const holder = thisHolder();
  terminal.identify({ run: holder.run });
  const lease = await takeLock(lockOf(setting, redis), holder, Date.now());
  try {
    await witness?.locked(holder);
    if (config.memory === 'small') terminal.caller.keepHeapSmall?.();
    const { run } = await import('../../run/run.ts');
    const { compileResources, listenerGroups } = await import('../open/compile-resources.ts');
    const { openThirdParty } = await import('../open/third-party.ts');
    const { showProgress } = await import('../output/progress.ts');
    const { printSummary } = await import('../output/summary.ts');
    const resources = await compileResources(setting, flags.resource);
    const [stream, slots, tokens] = await Promise.all([
      streamOf(setting, redis),
      slotsOf(setting, redis),
      tokensOf(setting, redis),
    ]);
    using progress = showProgress(terminal);
    const deps: RunDeps = {
      lease,
      stream,
      openTarget: () => openTarget(setting),
      openThirdParty: () =>
        openThirdParty(
          setting,
          { slots, tokens, progress },
          { waitMs: flags.wait, from: flags.from, save: flags.save },
        ),
      log: terminal.log,
      progress,
      timings,
      signal,
      now: Date.now,
    };
    const summary = await run(
      {
        name: config.name,
        adapter: config.adapter,
        holder,
        version: readVersion(),
        resources,
        isFull: flags.full === true,
        verifies: flags.verify === true,
        maxPages: flags.maxPages ?? Number.MAX_SAFE_INTEGER,
        permits,
        groups: listenerGroups(config),
        maxStream: config.events.maxStream,
        retainMs: config.events.retainMs,
        source: config.events.source,
        onRemap: config.events.onRemap,
        outbox: config.events.outbox,
        announces: Object.values(config.listeners).some(({ on }) => on.some(hearsSync)),
        perMs: Math.min(...(config.adapters[config.adapter]?.throttle.windows ?? []).map(({ perMs }) => perMs)),
      },
      witness?.deps(deps) ?? deps,
    );
    await lease.release();
    printSummary(summary, terminal);
    witness?.ended(summary);
    return summary.exitCode;
  } finally {
    await lease.release();
  }
}

async function permitsGiven(setting: Setting, flags: RunFlags) {
  const { permitsOf } = await import('../act/permits.ts');
  const { allowMassDelete: deletes, allowMassUpdate: updates, resource } = flags;
  return permitsOf({ deletes, updates }, resource ?? Object.keys(setting.config.resources), setting);
}
