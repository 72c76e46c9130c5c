import { listenerOf } from '../../listener.ts';
import type { CursorFacts, DatabaseFacts, Facts, RedisFacts, ResourceFacts } from '../../verdict/facts.ts';
import { paceOf } from '../../verdict/pace.ts';
import { waitingEvents } from '../../verdict/problems/deliveries.ts';
import type { Verdict } from '../../verdict/verdict.ts';

const runsShown = 5;

/** What `--json` prints: all that is known, and of each store why it is not. Times of the verdict are ISO 8601. */
export function statusDocument(facts: Facts, { problems, ...verdict }: Verdict): object {
  const redis = facts.redis.is === 'known' ? facts.redis.value : null;
  const database = facts.database.is === 'known' ? facts.database.value : null;
  return {
    name: facts.name,
    adapter: facts.adapter,
    target: facts.target,
    at: facts.now,
    verdict,
    problems,
    redis: storeOf(facts.redis),
    database: storeOf(facts.database),
    lock: redis?.lock ?? null,
    slots: redis?.slots ?? [],
    lease: database?.fence ?? null,
    resources: database?.resources.map((resource) => resourceOf(resource, facts.now)) ?? [],
    stream: redis?.stream ?? null,
    waiting: redis && database ? waitingEvents(database, redis) : null,
    groups: database?.cursors.map(({ group, position }) => ({ group, position })) ?? [],
    listeners: listenersOf(redis, database),
    pauses: database?.pauses ?? [],
    permits: database?.permits ?? [],
    dead: database?.dead ?? [],
    runs: database?.runs.slice(0, runsShown) ?? [],
  };
}

function resourceOf(facts: ResourceFacts, now: Date): object {
  const { resource, live, checkpoint, rejects, drift, changes24h, failing, succeededAt, lost, schema } = facts;
  return {
    ...{ resource, live, checkpoint, rejects, drift, changes24h },
    pace: paceOf(facts, now),
    failing: failing && { ...failing, hint: failing.hint ?? null, since: new Date(failing.since) },
    succeededAt: succeededAt && new Date(succeededAt),
    lost: lost.map((field) => ({ ...field, at: new Date(field.at) })),
    schema,
  };
}

function storeOf(store: Facts['redis'] | Facts['database']): object {
  if (store.is === 'unknown') return store;
  const { version, aheadMs } = store.value;
  return { is: 'known', version, aheadMs };
}

/** A group for each listener, or for each shard of one: on the stream, or off it because it is behind. */
function listenersOf(redis: RedisFacts | null, database: DatabaseFacts | null): object[] {
  const groups = redis?.stream.groups ?? [];
  const off = (database?.cursors ?? []).filter(({ group }) => !groups.some(({ name }) => name === group));
  const all = [
    ...groups.map(({ name, pending, lag }) => ({ group: name, pending, lag })),
    ...off.map((cursor) => ({ group: cursor.group, pending: 0, lag: eventsAfter(cursor, database) })),
  ];
  return all
    .map(({ group, pending, lag }) => {
      const listener = listenerOf(group);
      const details = redis?.groups.find((one) => one.group === group);
      return {
        listener,
        group,
        pending,
        lag,
        dead: database?.dead.find((letters) => letters.listener === listener)?.count ?? 0,
        daemons: details?.daemons ?? null,
        donePerMinute: details?.donePerMinute ?? null,
        reader: details?.reader ?? null,
        oldest: details?.oldest ?? off.find((one) => one.group === group)?.oldest ?? null,
        failing: details?.failing ?? null,
        off: details?.off ?? null,
      };
    })
    .sort((a, b) => (a.group < b.group ? -1 : 1));
}

/** How many events a group that is off the stream has not acknowledged; null if they are of an older generation. */
function eventsAfter({ position: { generation, seq } }: CursorFacts, database: DatabaseFacts | null): number | null {
  const fence = database?.fence ?? null;
  if (fence === null) return 0;
  return generation === fence.generation || generation === 0 ? fence.nextSeq - 1 - seq : null;
}
