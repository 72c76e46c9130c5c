import { resolve } from 'node:path';
import { StopError } from '../../../errors.ts';
import type { Holder } from '../../../lock.ts';
import type { RunDeps } from '../../../run/run.ts';
import { errorSummary, type Summary } from '../../../run/summary.ts';
import { type Wanted, wantedTelemetry } from '../../../telemetry/wanted.ts';
import { Heartbeat } from '../../heartbeat.ts';
import type { RunFlags } from '../../program/flags.ts';
import type { Setting } from '../app.ts';
import { RunTrace } from './run-trace.ts';

/**
 * Reports on a run beside its output: a ping to a monitor, a trace, the metrics. Nothing of it changes the run, and all of it
 * takes 2 s at most, after the lock is released.
 */
export class RunWitness {
  readonly #setting: Setting;
  readonly #flags: RunFlags;
  readonly #wanted: Wanted | null;
  readonly #heartbeat: Heartbeat | null;
  readonly #startedAt = Date.now();
  readonly #reports: Promise<void>[] = [];
  #trace: RunTrace | null = null;

  constructor(setting: Setting, flags: RunFlags) {
    const { config, terminal } = setting;
    this.#setting = setting;
    this.#flags = flags;
    this.#wanted = wantedTelemetry(terminal.caller.env);
    this.#heartbeat = config.heartbeat ? new Heartbeat(new URL(config.heartbeat.url), terminal.log) : null;
  }

  /** A run that finds the lock held reports nothing: the run that holds it does. */
  async locked({ run }: Holder): Promise<void> {
    this.#heartbeat?.start();
    if (!this.#wanted?.traces) return;
    const { config, terminal } = this.#setting;
    const traced = { sync: config.name, adapter: config.adapter, run, startedAt: this.#startedAt };
    this.#trace = await RunTrace.open(traced, terminal);
  }

  /** What the run works with, each part of which records what it does. */
  deps(deps: RunDeps): RunDeps {
    return this.#trace?.deps(deps) ?? deps;
  }

  ended(summary: Summary): void {
    this.#trace?.end(summary);
    this.#report(summary.exitCode);
  }

  /** The run had no result. */
  failed(error: unknown, signal: AbortSignal): void {
    this.#trace?.fail(error);
    this.#report(errorSummary(signal.reason instanceof StopError ? signal.reason : error).exitCode);
  }

  /** Resolves when every report has arrived, or was given up. */
  async reported(): Promise<void> {
    await Promise.all(this.#reports);
  }

  #report(exitCode: number): void {
    if (this.#trace) this.#reports.push(this.#trace.flush());
    if (this.#heartbeat) this.#reports.push(this.#heartbeat.end(exitCode));
    const { metricsFile } = this.#flags;
    const isSent = this.#wanted?.metrics === true;
    if (metricsFile === undefined && !isSent) return;
    const file = metricsFile && resolve(this.#setting.terminal.caller.cwd, metricsFile);
    this.#reports.push(this.#publish({ file, isSent }));
  }

  async #publish(publishing: { readonly file: string | undefined; readonly isSent: boolean }): Promise<void> {
    const { publishMetrics } = await import('../../ask/measure.ts');
    await publishMetrics(publishing, this.#setting);
  }
}
