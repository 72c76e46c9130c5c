import type { Context, Exception, Link, Span as OtelSpan, Tracer as OtelTracer } from '@opentelemetry/api';
import { messageOf } from '../errors.ts';
import type { Attributes, Span, SpanOptions, Tracer } from '../tracer.ts';
import type { TracePackages } from './packages.ts';

/** What makes spans. */
export interface SpanMaker {
  readonly api: TracePackages['api'];
  readonly tracer: OtelTracer;
  /** Masks secrets: the text of an error leaves the process. */
  readonly mask: (text: string) => string;
}

/** A tracer whose spans begin traces of their own. */
export function rootTracer(maker: SpanMaker): Tracer {
  return { begin: (name, options) => begin(maker, maker.api.ROOT_CONTEXT, name, options) };
}

function begin(maker: SpanMaker, parent: Context, name: string, options: SpanOptions = {}): Span {
  const { api, tracer } = maker;
  const { kind = 'internal', attributes = {}, startedAt, link } = options;
  const kinds = {
    internal: api.SpanKind.INTERNAL,
    client: api.SpanKind.CLIENT,
    producer: api.SpanKind.PRODUCER,
    consumer: api.SpanKind.CONSUMER,
  };
  const span = tracer.startSpan(
    name,
    { kind: kinds[kind], attributes, links: linksOf(link), ...(startedAt !== undefined && { startTime: startedAt }) },
    parent,
  );
  return new RecordedSpan(maker, span, api.trace.setSpan(parent, span));
}

class RecordedSpan implements Span {
  readonly traceparent: string;
  readonly #maker: SpanMaker;
  readonly #span: OtelSpan;
  readonly #context: Context;

  constructor(maker: SpanMaker, span: OtelSpan, context: Context) {
    this.#maker = maker;
    this.#span = span;
    this.#context = context;
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  }

  begin(name: string, options?: SpanOptions): Span {
    return begin(this.#maker, this.#context, name, options);
  }

  set(attributes: Attributes): void {
    this.#span.setAttributes(attributes);
  }

  end(error?: unknown): void {
    if (error !== undefined) this.#fail(error);
    this.#span.end();
  }

  #fail(error: unknown): void {
    const { api, mask } = this.#maker;
    const message = mask(messageOf(error));
    const type = error instanceof Error ? error.name : typeof error;
    const exception: Exception = { name: type, message };
    this.#span.recordException(exception);
    this.#span.setAttribute('error.type', type);
    this.#span.setStatus({ code: api.SpanStatusCode.ERROR, message });
  }
}

/** W3C Trace Context, section 3.2: version, trace, span, flags. */
function linksOf(traceparent: string | undefined): Link[] {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return [];
  return [{ context: { traceId, spanId, traceFlags: Number.parseInt(flags ?? '0', 16), isRemote: true } }];
}
