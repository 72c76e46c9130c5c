import { rename, rm, writeFile } from 'node:fs/promises';
import { messageOf } from '../../errors.ts';
import type { Metric } from '../../metric.ts';
import { exposition } from '../../metrics/exposition.ts';
import { syncMetrics } from '../../metrics/sync-metrics.ts';
import { guardUsed } from '../../pass/guard.ts';
import { openMetricExport } from '../../telemetry/metric-export.ts';
import type { Facts } from '../../verdict/facts.ts';
import { judge } from '../../verdict/judge.ts';
import type { Setting } from '../open/app.ts';
import { reportTelemetry } from '../output/report-error.ts';
import { readVersion } from '../package.ts';
import { StoreAsker } from './ask-stores.ts';

/** The metrics of a sync, from what its stores said. */
export function metricsOf(facts: Facts, setting: Setting): readonly Metric[] {
  const version = readVersion();
  return syncMetrics({ facts, verdict: judge(facts), version, guardUsed: guardUses(facts, setting) });
}

/** The metrics in the format of Prometheus, with the sync's name on each. */
export function metricsText(facts: Facts, setting: Setting): string {
  return exposition(metricsOf(facts, setting), { sync: setting.config.name });
}

/** By resource, how much is used of what the guard allows: 1 is all of it. What no guard has judged yet is left out. */
export function guardUses({ database, now }: Facts, { config }: Setting): Readonly<Record<string, number>> {
  if (database.is === 'unknown') return {};
  const uses = database.value.resources.flatMap(({ resource, live, checkpoint }) => {
    const guard = config.resources[resource]?.guard;
    if (!guard || !checkpoint) return [];
    const { liveAtStart, deletions, heldSince: since } = checkpoint;
    return [[resource, guardUsed({ live, liveAtStart, deletions, since, now: now.getTime() }, guard)] as const];
  });
  return Object.fromEntries(uses);
}

export interface Publishing {
  /** Written in the format of Prometheus, for the textfile collector of node_exporter. */
  readonly file: string | undefined;
  /** Sent to a collector of OpenTelemetry. */
  readonly isSent: boolean;
}

/** Publishes the metrics as they are after a run. What goes wrong is a warning: nothing depends on it. */
export async function publishMetrics({ file, isSent }: Publishing, setting: Setting): Promise<void> {
  await using asker = new StoreAsker(setting);
  const metrics = metricsOf(await asker.ask(), setting);
  if (file !== undefined) await writeMetrics(file, metrics, setting);
  if (isSent) await (await openExport(async () => metrics, setting))?.flush();
}

/** What sends metrics to a collector; null, with a warning, if it cannot be used. */
export async function openExport(measure: () => Promise<readonly Metric[]>, { config, terminal }: Setting) {
  const { log, caller } = terminal;
  try {
    const labels = { sync: config.name };
    return await openMetricExport({ env: caller.env, version: readVersion(), log, labels, measure });
  } catch (error) {
    reportTelemetry(error, terminal);
    return null;
  }
}

/** Writes the file beside and renames it: a reader finds the old one or the new one. */
async function writeMetrics(file: string, metrics: readonly Metric[], { config, terminal }: Setting): Promise<void> {
  const beside = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(beside, exposition(metrics, { sync: config.name }));
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    terminal.log.warn(`the metrics could not be written: ${messageOf(error)}; nothing depends on them`);
  }
}
