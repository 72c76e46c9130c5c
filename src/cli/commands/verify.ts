import { note } from '../../act/note.ts';
import type { DriftCounts, DriftedRow, StoredDrift } from '../../drift.ts';
import { ExitCode, messageOf } from '../../errors.ts';
import { generationAfter } from '../../event.ts';
import { BatchSize } from '../../pass/page/batches.ts';
import type { Resource } from '../../pass/resource.ts';
import { assertTrusted } from '../../run/context.ts';
import { takeLock } from '../../run/take-lock.ts';
import { differingIn } from '../../verify/findings.ts';
import { type Verifying, verify } from '../../verify/verify.ts';
import { thisActor } from '../actor.ts';
import {
  connectRedis,
  loadSetting,
  lockOf,
  openReader,
  openTarget,
  type Setting,
  streamOf,
  thisHolder,
} from '../open/app.ts';
import { compileResources } from '../open/compile-resources.ts';
import { driftPrinter } from '../output/drift.ts';
import type { VerifyFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';

/**
 * `cronsync verify`: compares the rows with what is known of them, without a hit, and prints those that differ. With
 * `--repair`, under the lock, it forgets what is known of them, so that the next pass writes them again.
 */
export async function verifyCommand(flags: VerifyFlags, terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const setting = await loadSetting(flags, terminal);
  if (setting.config.memory === 'small') terminal.caller.keepHeapSmall?.();
  const resources = await compileResources(setting, flags.resource);
  return flags.repair ? repair(setting, resources, flags, signal) : look(setting, resources, flags, signal);
}

async function look(
  setting: Setting,
  resources: readonly Resource[],
  flags: VerifyFlags,
  signal: AbortSignal,
): Promise<ExitCode> {
  await using target = await openReader(setting);
  const hasRun = (await target.fence()) !== null;
  const keep = async (resource: string, drift: StoredDrift) => {
    if (hasRun) await keepForStatus(setting, resource, drift);
  };
  return await verifyAll(setting, resources, flags, { target, signal, keep });
}

/** Whoever may only read the target can verify it too. */
async function keepForStatus(setting: Setting, resource: string, drift: StoredDrift): Promise<void> {
  try {
    await using target = await openTarget(setting);
    await target.saveDrift(resource, drift);
  } catch (error) {
    setting.terminal.log.warn(`what was found could not be kept for "cronsync status": ${messageOf(error)}`);
  }
}

async function repair(
  setting: Setting,
  resources: readonly Resource[],
  flags: VerifyFlags,
  stop: AbortSignal,
): Promise<ExitCode> {
  using redis = await connectRedis(setting);
  const holder = thisHolder();
  const lease = await takeLock(lockOf(setting, redis), holder, Date.now());
  try {
    await using target = await openTarget(setting);
    const { last } = await (await streamOf(setting, redis)).state();
    const signal = AbortSignal.any([stop, lease.signal]);
    assertTrusted({ lease, signal });
    const identity = { run: holder.run, holder: `${holder.host}:${holder.pid}` };
    const tables = resources.map(({ table }) => table);
    await target.takeOver(identity, tables, generationAfter(last), signal);
    let repaired = 0;
    const exitCode = await verifyAll(setting, resources, flags, {
      target,
      signal,
      keep: (resource, drift) => target.saveDrift(resource, drift),
      async repair(resource, ids) {
        assertTrusted({ lease, signal });
        await target.forget(resource, ids);
        repaired += ids.length;
      },
    });
    const noting = { actor: thisActor(flags.reason), target, log: setting.terminal.log };
    const names = tables.map(({ resource }) => resource);
    if (repaired > 0) await note(noting, 'repair', { resources: names, rows: repaired });
    return exitCode;
  } finally {
    await lease.release();
  }
}

async function verifyAll(
  { config, timings, terminal }: Setting,
  resources: readonly Resource[],
  { sample }: VerifyFlags,
  context: Pick<Verifying, 'target' | 'signal' | 'keep' | 'repair'>,
): Promise<ExitCode> {
  const printer = driftPrinter(config.name, context.repair !== undefined, terminal);
  const all: DriftCounts[] = [];
  for (const resource of resources) {
    printer.begin(resource.table);
    const found = (row: DriftedRow) => printer.row(row);
    const verifying = { ...context, batchSize: new BatchSize(timings.batchMs), now: Date.now, found };
    const counts = await verify(resource, { sample: sample ?? null }, verifying);
    all.push(counts);
    printer.end(resource.table, counts);
  }
  const exitCode = all.some((counts) => differingIn(counts) > 0) ? ExitCode.found : ExitCode.ok;
  printer.close(exitCode);
  return exitCode;
}
