import { lastSchemaChange } from '../../field-paths.ts';
import type { Pass } from '../../pass/pass.ts';
import type { RunContext } from '../context.ts';
import type { Summary } from '../summary.ts';
import { announcementsOf } from './announcements.ts';
import { newsIn } from './news.ts';
import type { ResourceStanding, Standing } from './standing.ts';

/** Writes events about the sync itself to the outbox, where something is new at the end of a run. */
export async function announce(
  { name, run, adapter, outcome, exitCode, startedAt, errors }: Summary,
  passes: readonly Pass[],
  { target, events: { source, maker }, now }: Pick<RunContext, 'target' | 'events' | 'now'>,
): Promise<void> {
  const stored = await target.news();
  const standing: Standing = {
    ...{ sync: name, run, adapter, outcome, exitCode, errors, now: now() },
    startedAt: Date.parse(startedAt),
    resources: await standingsOf(passes, target),
  };
  const { announcements, news } = announcementsOf(newsIn(stored), standing);
  const json = JSON.stringify(news);
  if (announcements.length === 0 && json === stored) return;
  const time = new Date(standing.now);
  await target.announce(
    announcements.map((announcement) => ({ ...announcement, source, maker, time })),
    json,
  );
}

async function standingsOf(passes: readonly Pass[], target: RunContext['target']): Promise<ResourceStanding[]> {
  const standings: ResourceStanding[] = [];
  for (const { resource, checkpoint, schemaChanges } of passes) {
    if (!checkpoint) continue;
    const { found } = await target.drift(resource.table.resource);
    const drift = found?.isBeingRepaired ? null : found;
    standings.push({
      resource: resource.table.resource,
      checkpoint,
      totals: checkpoint.totals ?? null,
      drift,
      schemaChange: lastSchemaChange(schemaChanges),
    });
  }
  return standings;
}
