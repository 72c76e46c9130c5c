import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Value = { readonly stringValue?: string; readonly intValue?: string | number; readonly doubleValue?: number };

interface Attribute {
  readonly key: string;
  readonly value: Value;
}

/** A span, as far as tests look into it (OTLP 1.x, JSON). */
export interface SunkSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly Attribute[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code: number; readonly message?: string };
}

/** A collector of OpenTelemetry on a real port, that keeps what it gets as JSON. */
export interface OtlpSink extends AsyncDisposable {
  /** The variables that send a command's telemetry here. */
  readonly env: Readonly<Record<string, string>>;
  /** The path and the content type of each request. */
  readonly requests: readonly string[];
  /** The whole text of what came. */
  readonly text: () => string;
  spans(): readonly SunkSpan[];
  metrics(): readonly SunkMetric[];
}

interface Points {
  readonly dataPoints: readonly { readonly asDouble?: number; readonly asInt?: string | number }[];
}

/** A metric, as far as tests look into it. */
export interface SunkMetric {
  readonly name: string;
  readonly gauge?: Points;
  readonly sum?: Points & { readonly isMonotonic: boolean; readonly aggregationTemporality: number };
}

/** `hang`: it takes everything, and answers nothing. */
export async function anOtlpSink(mode: 'answer' | 'hang' = 'answer'): Promise<OtlpSink> {
  const bodies: string[] = [];
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    requests.push(`${request.url} ${request.headers['content-type']}`);
    bodies.push(Buffer.concat(chunks).toString());
    if (mode === 'answer') response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    },
    requests,
    text: () => bodies.join('\n'),
    spans: () =>
      bodies.flatMap((body) =>
        (JSON.parse(body).resourceSpans ?? []).flatMap(({ scopeSpans }: { scopeSpans: { spans: SunkSpan[] }[] }) =>
          scopeSpans.flatMap(({ spans }) => spans),
        ),
      ),
    metrics: () =>
      bodies.flatMap((body) =>
        (JSON.parse(body).resourceMetrics ?? []).flatMap(
          ({ scopeMetrics }: { scopeMetrics: { metrics: SunkMetric[] }[] }) =>
            scopeMetrics.flatMap(({ metrics }) => metrics),
        ),
      ),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** The attributes of a span by name. */
export function attributesOf({ attributes }: Pick<SunkSpan, 'attributes'>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue ?? value.doubleValue)]),
  );
}
