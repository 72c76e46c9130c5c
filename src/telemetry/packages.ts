import { ConfigError } from '../errors.ts';

/** How spans and numbers are written on the way to the collector (`OTEL_EXPORTER_OTLP_PROTOCOL`). */
type Encoding = 'http/protobuf' | 'http/json';

/** The packages of OpenTelemetry that traces need. They are optional peers of this one: who wants them installs them. */
export async function tracePackages(env: NodeJS.ProcessEnv) {
  const encoding = encodingOf(env, 'TRACES');
  return installed(encoding, async () => {
    const [api, sdk, resources, { OTLPTraceExporter }] = await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/resources'),
      encoding === 'http/json'
        ? import('@opentelemetry/exporter-trace-otlp-http')
        : import('@opentelemetry/exporter-trace-otlp-proto'),
    ]);
    return { api, sdk, resources, OTLPTraceExporter };
  });
}

/** Those that metrics need. */
export async function metricPackages(env: NodeJS.ProcessEnv) {
  const encoding = encodingOf(env, 'METRICS');
  return installed(encoding, async () => {
    const [sdk, resources, { OTLPMetricExporter }] = await Promise.all([
      import('@opentelemetry/sdk-metrics'),
      import('@opentelemetry/resources'),
      encoding === 'http/json'
        ? import('@opentelemetry/exporter-metrics-otlp-http')
        : import('@opentelemetry/exporter-metrics-otlp-proto'),
    ]);
    return { sdk, resources, OTLPMetricExporter };
  });
}

export type TracePackages = Awaited<ReturnType<typeof tracePackages>>;

function encodingOf(env: NodeJS.ProcessEnv, signal: 'TRACES' | 'METRICS'): Encoding {
  const asked = env[`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`] ?? env.OTEL_EXPORTER_OTLP_PROTOCOL ?? 'http/protobuf';
  if (asked === 'http/protobuf' || asked === 'http/json') return asked;
  throw new ConfigError(`OpenTelemetry over "${asked}" is not supported, so nothing is sent`, {
    hint: 'Set OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf or http/json; port 4318 of a collector takes both.',
  });
}

async function installed<T>(encoding: Encoding, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const ending = encoding === 'http/json' ? 'http' : 'proto';
    const names = [
      ...['api', 'sdk-trace', 'sdk-metrics', 'resources'],
      ...[`exporter-trace-otlp-${ending}`, `exporter-metrics-otlp-${ending}`],
    ];
    const packages = names.map((name) => `@opentelemetry/${name}`).join(' ');
    throw new ConfigError('OpenTelemetry is asked for and not installed beside cronsync, so nothing is sent', {
      cause,
      hint: `Install it: npm i ${packages}`,
    });
  }
}
