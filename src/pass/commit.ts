import { setTimeout as sleep } from 'node:timers/promises';
import type { EventOptions } from '../batch.ts';
import { type ChangeCounts, noChanges, sumCounts } from '../change.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { crashPoint } from '../crash.ts';
import { UnreachableError } from '../errors.ts';
import type { Identified } from '../match/identify.ts';
import type { Prepared } from '../record.ts';
import type { Target } from '../target.ts';
import { planSteps } from './plan.ts';
import type { Resource } from './resource.ts';
import type { SeenSet } from './seen-set.ts';

export interface WriteDeps {
  readonly target: Target;
  readonly signal: AbortSignal;
  /** How long rows that the system holds locked are tried again. */
  readonly busyMs: number;
  /** Called after each commit with what it changed: its events wait in the outbox. */
  readonly committed: (counts: ChangeCounts) => Promise<void>;
  /** Fails when the run may not write any more. */
  readonly assertTrusted: () => void;
}

export interface PassToWrite {
  readonly resource: Resource;
  readonly checkpoint: Checkpoint;
  /** Grows by what is written; if the page fails, it is of no use any more. */
  readonly seen: SeenSet;
  readonly events: EventOptions;
}

export interface Written {
  readonly counts: ChangeCounts;
  /** Records that a constraint of the system refused: quarantined, like those that were rejected. */
  readonly refused: number;
  readonly checkpoint?: Checkpoint;
}

/** Where the pass stands once the page is in, given how many records of its last batch the database refused. */
export type AfterPage = (refused: number) => Checkpoint;

/** Writes what differs. Where nothing does, and the page goes on, nothing is written at all. */
export async function writeBatch(
  pass: PassToWrite,
  batch: Identified,
  retry: Map<string, Prepared>,
  afterPage: AfterPage | undefined,
  deps: WriteDeps,
): Promise<Written> {
  const { table } = pass.resource;
  const compared = await deps.target.compare(
    table,
    batch.records.map(({ key, hash }) => [key, hash]),
  );
  pass.seen.addAll(compared.unchanged);
  await seeRejected(pass, batch, deps);
  // Of two records with one key the later counts, also where the earlier is still waiting for its row.
  if (retry.size > 0) for (const { key } of batch.records) retry.delete(key);
  for (const at of compared.different) {
    const record = batch.records[at];
    if (record) retry.set(record.key, record);
  }
  let written: Written = { counts: noChanges, refused: 0 };
  if (retry.size > 0 || batch.rejected.length > 0 || (batch.aliases?.known.length ?? 0) > 0) {
    written = afterPage
      ? await commitUntilFree(pass, batch, retry, afterPage, deps)
      : await commitOnce(pass, batch, retry, undefined, deps);
  } else if (afterPage) {
    deps.assertTrusted();
    const checkpoint = afterPage(0);
    await deps.target.save(table.resource, { checkpoint, seen: pass.seen.serialize() });
    written = { ...written, checkpoint };
  }
  return written;
}

/** A rejected record is there: its row must not count as missing. */
async function seeRejected(pass: PassToWrite, { rejected }: Identified, { target }: WriteDeps): Promise<void> {
  const keys = rejected.flatMap(({ key }) => (key === null ? [] : [key]));
  if (keys.length > 0) pass.seen.addAll(await target.idsOf(pass.resource.table.resource, keys));
}

/** The page's last batch, with the checkpoint, as soon as the system holds none of its rows any more. */
async function commitUntilFree(
  pass: PassToWrite,
  batch: Identified,
  retry: Map<string, Prepared>,
  afterPage: AfterPage,
  deps: WriteDeps,
): Promise<Written> {
  const until = performance.now() + deps.busyMs;
  const { aliases: _kept, ...batchAlone } = batch;
  const rest = { ...batchAlone, rejected: [] };
  let written = await commitOnce(pass, batch, retry, afterPage, deps);
  while (retry.size > 0) {
    if (performance.now() > until) {
      throw new UnreachableError(
        `the system has kept ${retry.size} rows of ${pass.resource.table.table} locked; the cursor stays where it was, and the next run goes on`,
      );
    }
    await sleep(100, undefined, { signal: deps.signal });
    const before = written.refused;
    const more = await commitOnce(pass, rest, retry, (now) => afterPage(before + now), deps);
    written = { ...more, counts: sumCounts(written.counts, more.counts), refused: written.refused + more.refused };
  }
  return written;
}

/** One transaction. What the system holds locked stays in `retry`; only when nothing does is the checkpoint stored. */
async function commitOnce(
  pass: PassToWrite,
  batch: Identified,
  retry: Map<string, Prepared>,
  afterPage: AfterPage | undefined,
  deps: WriteDeps,
): Promise<Written> {
  deps.assertTrusted();
  const { table } = pass.resource;
  const records = [...retry.values()];
  let checkpoint: Checkpoint | undefined;
  const committed = await deps.target.commit(
    {
      table,
      records,
      plan: planSteps,
      rejected: batch.rejected,
      aliases: batch.aliases,
      pass: pass.checkpoint.pass,
      events: pass.events,
      ...(afterPage && {
        checkpoint: (ids: readonly number[], _counts: ChangeCounts, refused: number) => {
          pass.seen.addAll(ids);
          checkpoint = afterPage(refused);
          return { checkpoint, seen: pass.seen.serialize() };
        },
      }),
    },
    deps.signal,
  );
  crashPoint('committed');
  pass.seen.addAll(committed.ids);
  retry.clear();
  const byKey = new Map(records.map((record) => [record.key, record]));
  for (const key of committed.busy) {
    const record = byKey.get(key);
    if (record) retry.set(key, record);
  }
  await deps.committed(committed.counts);
  return { counts: committed.counts, refused: committed.refused.length, ...(checkpoint && { checkpoint }) };
}
