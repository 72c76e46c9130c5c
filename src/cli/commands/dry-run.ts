import { type DryPlan, dryRun, hasChanges } from '../../dry-run/dry-run.ts';
import { ExitCode, worstExitCode } from '../../errors.ts';
import type { Resource } from '../../pass/resource.ts';
import type { Spool } from '../../spool.ts';
import type { TargetReader } from '../../target.ts';
import { connectRedis, openReader, openTarget, type Setting, slotsOf, tokensOf } from '../app.ts';
import { printPlan, printPlanJson } from '../output/plan.ts';
import { showProgress } from '../output/progress.ts';
import type { PlanFlags, RunFlags } from '../program/flags.ts';
import { compileResources } from '../resources.ts';
import { openParty } from '../third-party.ts';

/** `sync run --dry-run`: the plan. Takes slots like everybody, and nothing else: no lock, no checkpoint, no table. */
export async function dryRunCommand(setting: Setting, flags: RunFlags, signal: AbortSignal): Promise<ExitCode> {
  const print = setting.console.isJson ? printPlanJson : printPlan;
  return planAndPrint(setting, flags, signal, async ({ plan, resources, spool }) => {
    print(plan, resources, spool, setting.console);
  });
}

/** A plan, with what it was made of and from. */
export interface Planned {
  readonly plan: DryPlan;
  readonly resources: readonly Resource[];
  readonly spool: Spool;
  readonly target: TargetReader;
}

/** Makes the plan of a run with the selected adapter, and has it printed while its changes can still be read. */
export async function planAndPrint(
  setting: Setting,
  flags: PlanFlags,
  signal: AbortSignal,
  print: (planned: Planned) => Promise<void>,
): Promise<ExitCode> {
  setting.console.caller.keepHeapSmall?.();
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
  const { config, console } = setting;
  const { redis, target, spool, flags, signal } = opened;
  const [slots, tokens] = await Promise.all([slotsOf(setting, redis), tokensOf(setting, redis)]);
  using progress = showProgress(console);
  // A target that no run has used has no guard row yet, and a dry run makes none.
  const guarding = (await target.lease()) === null ? null : await openTarget(setting);
  try {
    const party = await openParty(setting, slots, tokens, progress, {
      waitMs: flags.wait,
      from: flags.from,
      save: flags.save,
    });
    return await dryRun(
      {
        name: config.name,
        adapter: config.adapter,
        resources,
        maxPages: flags.maxPages ?? Number.MAX_SAFE_INTEGER,
        isFull: flags.full === true,
      },
      { target, guard: guarding?.slots ?? null, party, spool, log: console.log, progress, signal, now: Date.now },
    );
  } finally {
    await guarding?.[Symbol.asyncDispose]();
  }
}
