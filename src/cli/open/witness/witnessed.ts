import { wantedTelemetry } from '../../../telemetry/wanted.ts';
import type { RunFlags } from '../../program/flags.ts';
import type { Setting } from '../app.ts';

/** Whether a run is reported beside its output. */
export function isWitnessed({ config, terminal }: Setting, { metricsFile }: RunFlags): boolean {
  return config.heartbeat !== undefined || metricsFile !== undefined || wantedTelemetry(terminal.caller.env) !== null;
}
