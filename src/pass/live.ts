import type { EventOptions } from '../batch.ts';
import type { Checkpoint } from '../checkpoint.ts';
import type { LiveIds, TargetReader } from '../target.ts';
import { type RemoveDeps, removeUntilFree } from './delete.ts';
import type { Resource } from './resource.ts';
import type { SeenSet } from './seen-set.ts';

const idsPerRead = 10_000;

/** The live records of a resource after this id, in pages, with the number of complete passes that each was missing from. */
export async function* livePages(target: TargetReader, { table }: Resource, after: number): AsyncGenerator<LiveIds> {
  let from = after;
  for (;;) {
    const page = await target.liveAfter(table.resource, from, idsPerRead);
    const last = page.ids.at(-1);
    if (last === undefined) return;
    yield page;
    from = last;
  }
}

/** Whether anybody has ever brought a record: ids count from 1, and what is deleted keeps its own. */
export async function hasRecords({ table }: Pick<Resource, 'table'>, target: TargetReader): Promise<boolean> {
  return (await target.rowsOf(table, [1])).length > 0;
}

/** What a changes pass has brought was not missing in passes running. */
export async function forgetMissing(
  pass: {
    readonly resource: Resource;
    readonly checkpoint: Checkpoint;
    readonly seen: SeenSet;
    readonly events: EventOptions;
  },
  deps: RemoveDeps,
): Promise<void> {
  const { resource, checkpoint, seen, events } = pass;
  if (checkpoint.missing === 0) return;
  for await (const page of livePages(deps.target, resource, 0)) {
    const found = page.ids.filter((id, at) => seen.has(id) && (page.missed[at] ?? 0) > 0);
    if (found.length === 0) continue;
    const removal = { table: resource.table, ids: [], missing: [], found, events, checkpoint: () => ({ checkpoint }) };
    for await (const _committed of removeUntilFree(() => removal, deps));
  }
}
