import type { Facts } from '../../verdict/facts.ts';
import type { Verdict } from '../../verdict/verdict.ts';

/** What counts as a change of the status: the same text for two times between which only time has passed. */
export function changeOf({ redis, database }: Facts, { is, since, problems }: Verdict): string {
  return JSON.stringify({
    is,
    since,
    problems: problems.map(({ id, severity, resource, listener }) => [id, severity, resource, listener]),
    lock: redis.is === 'known' ? (redis.value.lock?.holder?.run ?? redis.value.lock !== null) : redis.why,
    stream: redis.is === 'known' && redis.value.stream,
    resources:
      database.is === 'known' &&
      database.value.resources.map(({ resource, live, rejects, checkpoint }) => [
        resource,
        live,
        rejects,
        checkpoint && [checkpoint.pass, checkpoint.phase, checkpoint.progress.pages, checkpoint.failures],
      ]),
    run: database.is === 'known' && database.value.runs.slice(0, 1).map(({ run, outcome }) => [run, outcome]),
    dead: database.is === 'known' && database.value.dead.map(({ listener, count }) => [listener, count]),
  });
}
