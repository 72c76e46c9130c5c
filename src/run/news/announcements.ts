import { formatDuration } from '../../duration.ts';
import { ExitCode } from '../../errors.ts';
import type { Announcement } from './announcement.ts';
import { type News, noResourceNews } from './news.ts';
import { announcedOf } from './resource-announcements.ts';
import type { Standing } from './standing.ts';

export interface Announced {
  readonly announcements: readonly Announcement[];
  readonly news: News;
}

/** What is new since the last announcements. Pure: what lasts is announced once, and once more when it is over. */
export function announcementsOf(before: News, standing: Standing): Announced {
  const ofResources = standing.resources.map((resource) => {
    const announced = announcedOf(before.resources[resource.resource] ?? noResourceNews, resource, standing);
    return { ...announced, resource: resource.resource };
  });
  const failure = failureOf(before, standing);
  const refusal = refusalOf(before, standing);
  return {
    announcements: [
      ...failure.announcements,
      ...refusal.announcements,
      ...ofResources.flatMap(({ announcements }) => announcements),
    ],
    news: {
      failingSince: failure.failingSince,
      isRefused: refusal.isRefused,
      resources: {
        ...before.resources,
        ...Object.fromEntries(ofResources.map(({ resource, news }) => [resource, news])),
      },
    },
  };
}

/** A run that made no hit, or was stopped, proves neither that runs fail nor that they succeed. */
function failureOf({ failingSince }: News, standing: Standing) {
  const { sync, run, adapter, outcome, exitCode, startedAt, now, errors } = standing;
  const about = { run, adapter };
  if (hasFailed(standing) && failingSince === null) {
    const [error] = errors;
    const message = error?.message ?? outcome;
    const data = { ...about, outcome, exitCode, message, hint: error?.hint ?? null };
    return { failingSince: startedAt, announcements: [{ type: 'sync.run.failed', subject: sync, data }] as const };
  }
  if (hasSucceeded(standing) && failingSince !== null) {
    const message = `runs of ${sync} succeed again, after ${formatDuration(now - failingSince)}`;
    const data = { ...about, outcome, exitCode, message, failedSince: timeOf(failingSince) };
    return { failingSince: null, announcements: [{ type: 'sync.run.recovered', subject: sync, data }] as const };
  }
  return { failingSince, announcements: [] };
}

/** A command line that was refused is the fault of whoever typed it. */
function hasFailed({ outcome, exitCode }: Standing): boolean {
  if (exitCode === ExitCode.usage) return false;
  return outcome === 'failed' || outcome === 'incomplete' || exitCode === ExitCode.bug;
}

function hasSucceeded({ outcome }: Standing): boolean {
  return outcome === 'done' || outcome === 'partial' || outcome === 'held';
}

function refusalOf({ isRefused }: News, standing: Standing) {
  const { adapter, run, errors } = standing;
  const refused = errors.find(({ exitCode }) => exitCode === ExitCode.credentials);
  if (!refused) return { isRefused: isRefused && !hasSucceeded(standing), announcements: [] };
  if (isRefused) return { isRefused, announcements: [] };
  const data = { run, adapter, exitCode: refused.exitCode, message: refused.message, hint: refused.hint };
  return { isRefused: true, announcements: [{ type: 'sync.credentials.refused', subject: adapter, data }] as const };
}

/** RFC 3339. */
function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
