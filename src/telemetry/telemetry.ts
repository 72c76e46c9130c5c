import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Tracer } from '../tracer.ts';
import { type TracePackages, tracePackages } from './packages.ts';
import { rootTracer } from './span.ts';

/** The most that a collector may delay the end of a command. */
export const patienceMs = 2000;

export interface TelemetryOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  readonly mask: (text: string) => string;
  readonly log: Log;
}

/** What is sent to a collector of OpenTelemetry, in the background. */
export interface Telemetry {
  readonly tracer: Tracer;
  /** Sends what is left, for 2 s at most. Never throws: a collector that is away changes nothing. */
  flush(): Promise<void>;
}

/** Loads OpenTelemetry. Throws `ConfigError` if it is not installed, or asked for in a way that is not supported. */
export async function openTelemetry({ env, version, mask, log }: TelemetryOptions): Promise<Telemetry> {
  const { api, sdk, resources, OTLPTraceExporter } = await tracePackages(env);
  const exporter = new OTLPTraceExporter({ timeoutMillis: patienceMs });
  const processor = new sdk.BatchSpanProcessor({ exporter, exportTimeoutMillis: patienceMs });
  const provider = new sdk.TracerProvider({
    resource: resourceOf(resources, version),
    sampler: samplerOf(env, sdk),
    spanProcessors: [processor],
  });
  const tracer = rootTracer({ api, tracer: provider.getTracer('cronsync', version), mask });
  return {
    tracer,
    async flush() {
      const isOver = new Promise<void>((resolve) => setTimeout(resolve, patienceMs).unref());
      const flushed = provider.forceFlush({ timeoutMillis: patienceMs }).catch((error) => {
        log.info(`traces could not be sent: ${messageOf(error)}; nothing depends on them`);
      });
      await Promise.race([flushed, isOver]);
    },
  };
}

/** `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` win. No attribute is of one process alone: a run lives for seconds. */
export function resourceOf(
  { resourceFromAttributes, detectResources, envDetector }: TracePackages['resources'],
  version: string,
) {
  const own = resourceFromAttributes({ 'service.name': 'cronsync', 'service.version': version });
  return own.merge(detectResources({ detectors: [envDetector] }));
}

/** `OTEL_TRACES_SAMPLER`: a run and a delivery begin traces of their own, so that there is no parent to follow. */
function samplerOf(
  { OTEL_TRACES_SAMPLER: asked, OTEL_TRACES_SAMPLER_ARG: ratio }: NodeJS.ProcessEnv,
  sdk: TracePackages['sdk'],
) {
  const name = asked?.replace(/^parentbased_/, '');
  if (name === 'always_off') return new sdk.AlwaysOffSampler();
  if (name === 'traceidratio') return new sdk.TraceIdRatioBasedSampler(Number(ratio ?? 1));
  return new sdk.AlwaysOnSampler();
}
