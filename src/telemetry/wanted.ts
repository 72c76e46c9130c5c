/** What of OpenTelemetry is asked for, by its standard variables (OpenTelemetry specification, "Environment Variables"). */
export interface Wanted {
  readonly traces: boolean;
  readonly metrics: boolean;
}

/** Null: nothing is, and nothing of it is loaded. */
export function wantedTelemetry(env: NodeJS.ProcessEnv): Wanted | null {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return null;
  const isOn = (signal: 'TRACES' | 'METRICS') =>
    Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT || env[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`]) &&
    env[`OTEL_${signal}_EXPORTER`] !== 'none';
  const wanted = { traces: isOn('TRACES'), metrics: isOn('METRICS') };
  return wanted.traces || wanted.metrics ? wanted : null;
}
