import type { EventStream } from '../stream.ts';
import { type Tracer, within } from '../tracer.ts';

/** Records each call that puts events on the stream as a span. */
export function tracedStream(stream: EventStream, tracer: Tracer): EventStream {
  return {
    ...stream,
    append(after, generation, events, room) {
      const attributes = {
        'messaging.system': 'redis',
        'messaging.operation.type': 'send',
        'messaging.batch.message_count': events.lines.count,
      };
      return within(tracer.begin('relay', { kind: 'producer', attributes }), () =>
        stream.append(after, generation, events, room),
      );
    },
  };
}
