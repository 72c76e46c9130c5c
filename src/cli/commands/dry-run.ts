import { type DryPlan, dryRun, hasChanges } from '../../dry-run/dry-run.ts';
import { ExitCode, worstExitCode } from '../../errors.ts';
import type { Resource } from '../../pass/resource.ts';
import type { Spool } from '../../spool.ts';
import type { TargetReader } from '../../target.ts';
import { connectRedis, openReader, openTarget, type Setting, slotsOf, tokensOf } from '../open/app.ts';
import { compileResources } from '../open/compile-resources.ts';
import { openThirdParty } from '../open/third-party.ts';
import { printPlan, printPlanJson } from '../output/plan.ts';
import { showProgress } from '../output/progress.ts';
import type { PlanFlags, RunFlags } from '../program/flags.ts';

/** `cronsync run --dry-run`: prints the plan. It takes slots like a run, but no lock, and writes no checkpoint and no table. */
export async function dryRunCommand(setting: Setting, flags: RunFlags, signal: AbortSignal): Promise<ExitCode> {
  const print = setting.terminal.isJson ? printPlanJson : printPlan;
  return planAndPrint(setting, flags, signal, async ({ plan, resources, spool }) => {
    print(plan, resources, spool, setting.terminal);
  });
}

/** A plan, with what it was made of and from. */
export interface Planned {
  readonly plan: DryPlan;
  readonly resources: readonly Resource[];
  readonly spool: Spool;
  readonly target: TargetReader;
}

/** Makes the plan of a run with the selected adapter, and prints it while its changes can still be read. */
export async function planAndPrint(
  setting: Setting,
  flags: PlanFlags,
  signal: AbortSignal,
  print: (planned: Planned) => Promise<void>,
): Promise<ExitCode> {
  if (setting.config.memory === 'small') setting.terminal.caller.keepHeapSmall?.();
  const { createSpool } = await import('../../targets/sqlite/spool.ts');
  const resources = await compileResources(setting, flags.resource);
  using redis = await connectRedis(setting);
  await using target = await openReader(setting);
  using spool = createSpool();
  const plan = await planWith(setting, resources, { redis, target, spool, flags, signal });
  await print({ plan, resources, spool, target });
  const changed = flags.detailedExitcode && hasChanges(plan) ? [ExitCode.changes] : [];
  return worstExitCode([plan.exitCode, ...changed]);
}

interface Opened {
  readonly redis: Awaited<ReturnType<typeof connectRedis>>;
  readonly target: TargetReader;
  readonly spool: Spool;
  readonly flags: PlanFlags;
  readonly signal: AbortSignal;
}

async function planWith(setting: Setting, resources: Resource[], opened: Opened): Promise<DryPlan> {
  const { config, terminal } = setting;
  const { redis, target, spool, flags, signal } = opened;
  const [slots, tokens] = await Promise.all([slotsOf(setting, redis), tokensOf(setting, redis)]);
  using progress = showProgress(terminal);
  // A target that no run has used has no guard row yet, and a dry run does not create one.
  const guarding = (await target.fence()) === null ? null : await openTarget(setting);
  try {
    const thirdParty = await openThirdParty(
      setting,
      { slots, tokens, progress },
      {
        waitMs: flags.wait,
        from: flags.from,
        save: flags.save,
      },
    );
    return await dryRun(
      {
        name: config.name,
        adapter: config.adapter,
        resources,
        maxPages: flags.maxPages ?? Number.MAX_SAFE_INTEGER,
        isFull: flags.full === true,
      },
      {
        target,
        targetSlots: guarding?.slots ?? null,
        thirdParty,
        spool,
        log: terminal.log,
        progress,
        signal,
        now: Date.now,
      },
    );
  } finally {
    await guarding?.[Symbol.asyncDispose]();
  }
}
