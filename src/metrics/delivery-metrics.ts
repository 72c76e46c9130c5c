import type { Metric, Sample } from '../metric.ts';
import type { Asked, DatabaseFacts, RedisFacts } from '../verdict/facts.ts';

/** What is on its way to the listeners. */
export function deliveryMetrics(
  redis: Asked<RedisFacts>,
  database: Asked<DatabaseFacts>,
  now: Date,
): readonly Metric[] {
  const groups = redis.is === 'known' ? redis.value.stream.groups : [];
  const pending = redis.is === 'known' ? redis.value.groups : [];
  const dead = database.is === 'known' ? database.value.dead : [];
  return [
    {
      name: 'cronsync_outbox_waiting',
      help: 'Events that are committed and not on the stream yet.',
      type: 'gauge',
      samples: waiting(redis, database),
    },
    gauge('cronsync_group_lag', 'Events that were delivered to nobody yet.', groups, ({ name, lag }) => {
      return lag === null ? [] : [{ labels: { group: name }, value: lag }];
    }),
    gauge('cronsync_group_pending', 'Events that were delivered and are not acknowledged.', groups, (group) => {
      return [{ labels: { group: group.name }, value: group.pending }];
    }),
    gauge(
      'cronsync_oldest_pending_seconds',
      'How long the oldest event has waited that a group has not acknowledged; 0 if there is none.',
      pending,
      ({ group, oldest }) => {
        const waitedMs = oldest === null ? 0 : now.getTime() - oldest.getTime();
        return [{ labels: { group }, value: Math.max(0, waitedMs) / 1000 }];
      },
    ),
    gauge('cronsync_dead_letters', 'Events that a listener has given up on.', dead, ({ listener, count }) => {
      return [{ labels: { listener }, value: count }];
    }),
  ];
}

function gauge<T>(name: string, help: string, from: readonly T[], samples: (one: T) => readonly Sample[]): Metric {
  return { name, help, type: 'gauge', samples: from.flatMap(samples) };
}

/** Both stores must have answered. */
function waiting(redis: Asked<RedisFacts>, database: Asked<DatabaseFacts>): readonly Sample[] {
  if (redis.is === 'unknown' || database.is === 'unknown') return [];
  const { fence } = database.value;
  const { last } = redis.value.stream;
  if (fence === null) return [{ labels: {}, value: 0 }];
  const onStream = last.generation === fence.generation ? last.seq : 0;
  return [{ labels: {}, value: Math.max(0, fence.nextSeq - 1 - onStream) }];
}
