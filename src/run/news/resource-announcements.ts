import { type ChangeCounts, noChanges } from '../../change.ts';
import { countsOf, differingIn } from '../../verify/findings.ts';
import type { Announcement } from './announcement.ts';
import type { HeldKind, ResourceNews } from './news.ts';
import type { ResourceStanding, Standing } from './standing.ts';

/** What is new of one resource. */
export function announcedOf(
  before: ResourceNews,
  resource: ResourceStanding,
  standing: Standing,
): { readonly announcements: readonly Announcement[]; readonly news: ResourceNews } {
  const parts = [
    held(before, resource),
    completed(before, resource, standing),
    drifted(before, resource),
    reshaped(before, resource),
  ];
  return {
    announcements: parts.flatMap(({ announcements }) => announcements),
    news: Object.assign({ ...before }, ...parts.map(({ news }) => news)),
  };
}

interface Part {
  readonly announcements: readonly Announcement[];
  readonly news: Partial<ResourceNews>;
}

const nouns: Readonly<Record<HeldKind, string>> = { deletes: 'deletions', updates: 'updates', values: 'empty values' };

function held({ holds }: ResourceNews, { resource, checkpoint }: ResourceStanding): Part {
  const { held: deletes, heldUpdates: updates, heldEmptied: values, pass } = checkpoint;
  const found = Object.entries({ deletes, updates, values }) as [HeldKind, Held | null | undefined][];
  const now = found.flatMap(([what, one]) => (one ? [{ what, ...one }] : []));
  const begun = now.filter(({ what }) => !holds.includes(what));
  return {
    announcements: begun.map(({ what, count, because }) => {
      const message = `${nouns[what]} of ${resource} are held back: ${because}`;
      return { type: 'sync.guard.held', subject: resource, data: { resource, pass, what, count, because, message } };
    }),
    news: { holds: now.map(({ what }) => what) },
  };
}

type Held = { readonly count: number; readonly because: string };

/** The first pass, one that took several runs, and one that changed something. Any other pass says nothing new, minute by minute. */
function completed(
  { totals: before }: ResourceNews,
  { resource, checkpoint, totals }: ResourceStanding,
  { startedAt }: Standing,
): Part {
  const { pass, mode, progress, completedAt } = checkpoint;
  if (completedAt === null || completedAt < startedAt) return { announcements: [], news: {} };
  const counts = changesBetween(pass === 1 ? noChanges : before, totals);
  const isNews = pass === 1 || checkpoint.startedAt < startedAt || hasChanged(counts);
  if (!isNews) return { announcements: [], news: { totals } };
  const { pages, records, rejected } = progress;
  const data = {
    ...{ resource, pass, mode, pages, records, rejected, counts },
    startedAt: timeOf(checkpoint.startedAt),
    completedAt: timeOf(completedAt),
    message: `pass ${pass} of ${resource} is complete: ${records} records in ${pages} ${pages === 1 ? 'page' : 'pages'}`,
  };
  return { announcements: [{ type: 'sync.pass.completed', subject: resource, data }], news: { totals } };
}

/** Null where it is not known: nothing was announced before, or the release that wrote the checkpoint did not count. */
function changesBetween(before: ChangeCounts | null, now: ChangeCounts | null): ChangeCounts | null {
  if (!before || !now) return null;
  return {
    created: now.created - before.created,
    updated: now.updated - before.updated,
    deleted: now.deleted - before.deleted,
  };
}

function hasChanged(counts: ChangeCounts | null): boolean {
  return counts !== null && counts.created + counts.updated + counts.deleted > 0;
}

function drifted({ hasDrifted }: ResourceNews, { resource, drift }: ResourceStanding): Part {
  if (drift === null || hasDrifted) return { announcements: [], news: { hasDrifted: drift !== null } };
  const message = `somebody else has changed ${differingIn(drift)} of ${drift.compared} rows of ${resource} that were compared`;
  const data = { resource, ...countsOf(drift), message };
  return { announcements: [{ type: 'sync.drift.found', subject: resource, data }], news: { hasDrifted: true } };
}

function reshaped({ schemaAt }: ResourceNews, { resource, schemaChange }: ResourceStanding): Part {
  if (schemaChange === null || schemaChange.at === schemaAt) return { announcements: [], news: {} };
  const { what, at } = schemaChange;
  const data = { resource, what, at: timeOf(at), message: `the records of ${resource} look different: ${what}` };
  return { announcements: [{ type: 'sync.schema.changed', subject: resource, data }], news: { schemaAt: at } };
}

/** RFC 3339. */
function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
