/**
 * Records what a run or a daemon does, as spans. The edge makes one where a person asks for it; otherwise there is none, and
 * nothing is wrapped. Nothing of it throws.
 */
export interface Tracer {
  /** Begins a span: below this one if this is a span, else as the first one of a trace. */
  begin(name: string, options?: SpanOptions): Span;
}

export interface Span extends Tracer {
  /** Names the span for others (W3C Trace Context, `traceparent`). */
  readonly traceparent: string;
  set(attributes: Attributes): void;
  /** Called once. With an error, the span has failed. */
  end(error?: unknown): void;
}

export interface SpanOptions {
  /** By default `internal`. */
  readonly kind?: 'internal' | 'client' | 'producer' | 'consumer';
  readonly attributes?: Attributes;
  /** In milliseconds since the epoch; by default now. */
  readonly startedAt?: number;
  /** The `traceparent` of a span of another trace that led to this one. */
  readonly link?: string | undefined;
}

export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Does work as a span of its own. */
export async function within<T>(span: Span, work: (span: Span) => Promise<T>): Promise<T> {
  try {
    const result = await work(span);
    span.end();
    return result;
  } catch (error) {
    span.end(error);
    throw error;
  }
}
