import { chosen, most, quantile, rate, since } from './expressions.ts';
import { lines } from './panel.ts';

/** What is on its way to the listeners, and what the daemons know of themselves. */
export const deliveryRows = {
  Deliveries: [
    lines({
      title: 'Oldest event that waits',
      about: 'How long the oldest event has waited that a group has not acknowledged.',
      queries: { '{{sync}} {{group}}': most('sync, group', 'cronsync_oldest_pending_seconds') },
      ...{ unit: 's', bad: 300 },
    }),
    lines({
      title: 'Events that wait',
      about: 'Lag: nobody has read them. Pending: not acknowledged. Outbox: not on the stream yet.',
      queries: {
        '{{sync}} {{group}} lag': most('sync, group', 'cronsync_group_lag'),
        '{{sync}} {{group}} pending': most('sync, group', 'cronsync_group_pending'),
        '{{sync}} outbox': most('sync', 'cronsync_outbox_waiting'),
      },
    }),
    lines({
      title: 'Dead letters',
      about: 'Events that a listener has given up on.',
      queries: { '{{sync}} {{listener}}': most('sync, listener', 'cronsync_dead_letters') },
      bad: 1,
    }),
    lines({
      title: 'Deliveries',
      about: 'Attempts of all daemons, by their result.',
      queries: { '{{sync}} {{listener}} {{result}}': rate('sync, listener, result', 'cronsync_deliveries_total') },
      unit: 'ops',
    }),
    lines({
      title: 'Duration of a delivery',
      about: 'How long one attempt takes.',
      queries: {
        '{{sync}} {{listener}} p50': quantile(0.5, 'cronsync_delivery_seconds'),
        '{{sync}} {{listener}} p95': quantile(0.95, 'cronsync_delivery_seconds'),
      },
      unit: 's',
    }),
    lines({
      title: 'Age of an event when it is acknowledged',
      about: 'From the commit to the receiver.',
      queries: {
        '{{sync}} {{listener}} p50': quantile(0.5, 'cronsync_event_age_seconds'),
        '{{sync}} {{listener}} p95': quantile(0.95, 'cronsync_event_age_seconds'),
      },
      unit: 's',
    }),
    lines({
      title: 'Attempts of an event',
      about: 'How many attempts an event took that is acknowledged.',
      queries: { '{{sync}} {{listener}} p95': quantile(0.95, 'cronsync_event_attempts') },
    }),
    lines({
      title: 'Since the last read',
      about: 'Of the daemon that reads the group.',
      queries: { '{{sync}} {{group}}': since('sync, group', 'cronsync_loop_beat_timestamp_seconds') },
      unit: 's',
    }),
  ],
  Daemons: [
    lines({
      title: 'Memory',
      about: 'Resident memory of each daemon.',
      queries: { '{{sync}} {{instance}}': `process_resident_memory_bytes{${chosen}}` },
      unit: 'bytes',
    }),
    lines({
      title: 'CPU',
      about: 'Cores that each daemon uses.',
      queries: { '{{sync}} {{instance}}': `rate(process_cpu_seconds_total{${chosen}}[$__rate_interval])` },
    }),
  ],
};
