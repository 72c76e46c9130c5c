import type { Listener } from '../../../listener.ts';
import { openTelemetry, type Telemetry } from '../../../telemetry/telemetry.ts';
import { tracedListener } from '../../../telemetry/traced-listener.ts';
import type { Tracer } from '../../../tracer.ts';
import { reportTelemetry } from '../../output/report-error.ts';
import { readVersion } from '../../package.ts';
import type { Terminal } from '../../terminal.ts';

/** Loads OpenTelemetry. Null, with a warning, if it cannot be used: nothing depends on it. */
export async function telemetryOf(terminal: Terminal): Promise<Telemetry | null> {
  const { log, mask, caller } = terminal;
  try {
    return await openTelemetry({ env: caller.env, version: readVersion(), mask, log });
  } catch (error) {
    reportTelemetry(error, terminal);
    return null;
  }
}

export function tracedListeners(listeners: ReadonlyMap<string, Listener>, tracer: Tracer): Map<string, Listener> {
  return new Map([...listeners].map(([name, listener]) => [name, tracedListener(listener, name, tracer)]));
}
