import { eventOf } from '../../src/event.ts';
import { type ChangeEvent, type Delivery, idempotencyKeyOf } from '../../src/listener.ts';
import type { Log, LogLevel } from '../../src/log.ts';

export interface DeliveryParts {
  readonly key?: string;
  readonly email?: string;
  readonly attempt?: number;
  readonly signal?: AbortSignal;
  readonly log?: Log;
}

/** A delivery of an event as a run would have put it on the stream. */
export function aDelivery(parts: DeliveryParts = {}): Delivery {
  const { key = '17', email = 'zoé@example.com', attempt = 1, signal = new AbortController().signal } = parts;
  const json = eventOf(
    { type: 'updated', key, before: [key, 'old@example.com'], after: [key, email], changed: [1] },
    { generation: 1_760_000_000_000, seq: 4 },
    {
      name: 'crm.eu',
      source: '/crm',
      resource: 'customers',
      columns: [
        { name: 'id', kind: 'text' },
        { name: 'email', kind: 'text' },
      ],
      time: '2026-01-02T03:04:05.000Z',
    },
  );
  const event: ChangeEvent = JSON.parse(json);
  const log = parts.log ?? aLog().log;
  return { event, json, attempt, idempotencyKey: idempotencyKeyOf('notify', event.id), signal, log };
}

/** A log that remembers. */
export function aLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  const at = (level: LogLevel) => (message: string) => void lines.push(`${level} ${message}`);
  return { log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, lines };
}

/** What a promise was rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => Promise.reject(new Error(`it did not fail, but gave ${value}`)),
    (error: unknown) => error,
  );
}
