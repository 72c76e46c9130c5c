import { wantedTelemetry } from '../../telemetry/wanted.ts';
import type { RunFlags } from '../program/flags.ts';
import type { Setting } from './app.ts';

/** Whether anybody is told of a run beside who reads its output. */
export function isWitnessed({ config, terminal }: Setting, { metricsFile }: RunFlags): boolean {
  return config.heartbeat !== undefined || metricsFile !== undefined || wantedTelemetry(terminal.caller.env) !== null;
}
