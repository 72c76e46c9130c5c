import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type ChangeCounts, noChanges, sumCounts } from '../../change.ts';
import type { Checkpoint } from '../../checkpoint.ts';
import type { Config } from '../../config/schema/schema.ts';
import type { DeadLetters } from '../../listener.ts';
import type { FenceRow, TargetQuestions, TargetReader } from '../../target.ts';
import type { CursorFacts, DatabaseFacts, DeadFacts, FailingFacts, ResourceFacts } from '../../verdict/facts.ts';
import { leastFreeBytes } from '../../verdict/problems/stores.ts';
import { openReader, type Setting } from '../open/app.ts';
import { openDeadLetters } from '../open/open-listener.ts';
import { doubtsOf } from './doubts.ts';

/** What is open to ask the database. */
export interface Database {
  readonly reader: TargetReader;
  readonly letters: DeadLetters & AsyncDisposable;
  readonly changes: RecentChanges;
}

export async function openDatabase(setting: Setting): Promise<Database> {
  const reader = await openReader(setting, setting.timings);
  return { reader, letters: await openDeadLetters(setting), changes: new RecentChanges() };
}

export async function closeDatabase({ reader, letters }: Database): Promise<void> {
  await Promise.all([reader[Symbol.asyncDispose](), letters[Symbol.asyncDispose]()]);
}

/** So many runs are looked at: what a strip shows, and enough to know how often one starts. */
const runsRead = 120;

/** All that the database knows of a sync. Reads no table that grows with the records. */
export async function askDatabase(setting: Setting, { reader, letters, changes }: Database): Promise<DatabaseFacts> {
  const { target } = setting.config;
  const [asked, dead] = await Promise.all([
    reader.atOnce((questions) => askTarget(setting, questions, changes)),
    askDead(letters),
  ]);
  return { ...asked, dead, freeBytes: target.type === 'sqlite' ? await roomOn(target.file) : null };
}

async function askTarget({ config }: Setting, questions: TargetQuestions, changes: RecentChanges) {
  const askedAt = Date.now();
  const { version, now } = await questions.server();
  const halfWay = (askedAt + Date.now()) / 2;
  const fence = await questions.fence();
  const changed = await changes.byResource(questions);
  const resources = await Promise.all(
    Object.keys(config.resources).map((resource) =>
      askResource(resource, config, questions, changed.get(resource) ?? noChanges),
    ),
  );
  return {
    version,
    aheadMs: Math.round(now.getTime() - halfWay),
    fence,
    resources,
    runs: await questions.runs({ limit: runsRead }),
    cursors: await askCursors(questions, fence),
    pauses: await questions.pauses(),
    permits: await questions.permits(),
  };
}

/** Whether the disk of a SQLite file has no room left: then it cannot even be read. */
export async function isDiskFull({ target }: Config): Promise<boolean> {
  const room = target.type === 'sqlite' ? await roomOn(target.file) : null;
  return room !== null && room < leastFreeBytes;
}

/** How much room this user has on the disk of a file; null where that cannot be found out. */
async function roomOn(file: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(dirname(file));
    return bavail * bsize;
  } catch {
    return null;
  }
}

async function askResource(
  resource: string,
  config: Config,
  reader: TargetQuestions,
  changes24h: ChangeCounts,
): Promise<ResourceFacts> {
  const [live, stored, rejects, drift] = await Promise.all([
    reader.countLive(resource),
    reader.pass(resource),
    reader.countRejects(resource),
    reader.drift(resource),
  ]);
  const checkpoint = stored?.checkpoint ?? null;
  return {
    resource,
    live,
    checkpoint,
    failing: checkpoint && failingOf(checkpoint),
    succeededAt: checkpoint?.succeededAt ?? null,
    previousCompletedAt: checkpoint?.previousCompletedAt ?? null,
    rejects,
    drift: drift.found,
    changes24h,
    ...doubtsOf(resource, stored, config),
  };
}

/** An earlier release has stored the back-off only. */
function failingOf({ failingSince, failure, failures, backOff, triedAt }: Checkpoint): FailingFacts | null {
  if (failingSince != null && failure) return { ...failure, since: failingSince };
  if (failures === 0 || backOff === null) return null;
  return { since: triedAt, exitCode: backOff.cause.exitCode, message: backOff.cause.message, status: null };
}

/** The outbox is looked at for those groups only that have not acknowledged everything. */
async function askCursors(reader: TargetQuestions, fence: FenceRow | null): Promise<CursorFacts[]> {
  const cursors = await reader.groups();
  return Promise.all(
    cursors.map(async ({ group, position }) => {
      const isBehind = fence !== null && position.seq + 1 < fence.nextSeq;
      const { events } = isBehind ? await reader.outbox(position, 1) : { events: [] };
      return { group, position, oldest: timeOf(events[0]) };
    }),
  );
}

/** An event names its time before its data, where no quote stands without a backslash in a text. */
function timeOf(event: string | undefined): Date | null {
  const [, time] = /"time":"([^"]+)"/.exec(event ?? '') ?? [];
  return time === undefined ? null : new Date(time);
}

async function askDead(letters: DeadLetters): Promise<DeadFacts[]> {
  const counts = Object.entries(await letters.countByListener());
  return Promise.all(
    counts.map(async ([listener, count]) => {
      const [oldest] = await letters.list({ listener, limit: 1 });
      const { deadAt: since = new Date(), reason = '', lastError: error = '' } = oldest ?? {};
      return { listener, count, since, reason, error };
    }),
  );
}

const dayMs = 86_400_000;
/** The runs of a day are many: what they changed is summed up once a minute. */
const freshMs = 60_000;
const mostRuns = 3000;

/** What changed in the last 24 h, for each resource, by the rows of the runs. */
class RecentChanges {
  #sums: ReadonlyMap<string, ChangeCounts> = new Map();
  #readAt = Number.NEGATIVE_INFINITY;

  async byResource(reader: TargetQuestions): Promise<ReadonlyMap<string, ChangeCounts>> {
    if (performance.now() - this.#readAt < freshMs) return this.#sums;
    const runs = await reader.runs({ limit: mostRuns, since: new Date(Date.now() - dayMs) });
    const sums = new Map<string, ChangeCounts>();
    for (const { resources = [] } of runs)
      for (const { resource, counts } of resources)
        sums.set(resource, sumCounts(sums.get(resource) ?? noChanges, counts));
    this.#sums = sums;
    this.#readAt = performance.now();
    return sums;
  }
}
