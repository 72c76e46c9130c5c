import type { Committed, EventOptions } from '../batch.ts';
import type { ResourceTable } from '../table.ts';
import type { Target } from '../target.ts';
import { type Span, type Tracer, within } from '../tracer.ts';

/** Records each commit as a span, and names the span in the events that it writes: deliveries link to it. */
export function tracedTarget(target: Target, tracer: Tracer): Target {
  const begin = ({ resource }: ResourceTable) =>
    tracer.begin('commit', { attributes: { 'cronsync.resource': resource } });
  return {
    ...target,
    commit: (batch, signal) =>
      within(begin(batch.table), async (span) =>
        counted(await target.commit({ ...batch, events: named(batch.events, span) }, signal), span),
      ),
    remove: (removal, signal) =>
      within(begin(removal.table), async (span) =>
        counted(await target.remove({ ...removal, events: named(removal.events, span) }, signal), span),
      ),
  };
}

function named({ maker, ...events }: EventOptions, { traceparent }: Span): EventOptions {
  return maker ? { ...events, maker: { ...maker, traceparent } } : events;
}

function counted(committed: Committed, span: Span): Committed {
  const { created, updated, deleted } = committed.counts;
  span.set({
    'cronsync.created': created,
    'cronsync.updated': updated,
    'cronsync.deleted': deleted,
    'cronsync.events': committed.events,
  });
  return committed;
}
