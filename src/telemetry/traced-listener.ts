import type { ChangeEvent, Delivery, Listener } from '../listener.ts';
import type { Log } from '../log.ts';
import { type Tracer, within } from '../tracer.ts';

/**
 * Records each delivery as a span of a trace of its own, linked to the commit of its event (OpenTelemetry semantic conventions
 * for messaging spans). What the listener calls gets this span as its parent.
 */
export function tracedListener(listener: Listener, name: string, tracer: Tracer): Listener {
  return {
    deliver(delivery) {
      const { event, attempt } = delivery;
      const span = tracer.begin(`process ${name}`, {
        kind: 'consumer',
        link: event.traceparent,
        attributes: {
          'messaging.system': 'redis',
          'messaging.operation.name': 'process',
          'messaging.operation.type': 'process',
          'messaging.consumer.group.name': name,
          'messaging.message.id': event.id,
          'cronsync.event.type': event.type,
          'cronsync.attempt': attempt,
        },
      });
      return within(span, () => listener.deliver(new TracedDelivery(delivery, span.traceparent)));
    },
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}

/** The signal of a delivery is made when it is first read, so it is not copied. */
class TracedDelivery implements Delivery {
  readonly traceparent: string;
  readonly #delivery: Delivery;

  constructor(delivery: Delivery, traceparent: string) {
    this.#delivery = delivery;
    this.traceparent = traceparent;
  }

  get event(): ChangeEvent {
    return this.#delivery.event;
  }

  get json(): string {
    return this.#delivery.json;
  }

  get attempt(): number {
    return this.#delivery.attempt;
  }

  get idempotencyKey(): string {
    return this.#delivery.idempotencyKey;
  }

  get log(): Log {
    return this.#delivery.log;
  }

  get signal(): AbortSignal {
    return this.#delivery.signal;
  }
}
