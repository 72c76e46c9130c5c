import type { Adapter, AdapterContext, ChangesPage, Keys, Mode, NotModified, Page, SnapshotPage } from '../adapter.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { messageOf, ProtocolError, syncErrorOf } from '../errors.ts';
import type { Prepare, RecordBatch } from '../record.ts';
import { batchesOf } from './batches.ts';

export interface FetchDeps {
  readonly adapter: Adapter;
  readonly adapterName: string;
  readonly context: AdapterContext;
  /** Of a resource that changes are asked of. */
  readonly keys?: Keys | undefined;
}

/** Fetches the page at the checkpoint's cursor: one hit. The first page is asked for on condition, where there is one. */
export async function fetchPage(
  resource: string,
  { cursor, bookmark, mode, validators: known }: Checkpoint,
  deps: FetchDeps,
): Promise<Page> {
  const validators = mode === 'snapshot' && cursor === null ? known : null;
  const since = mode === 'changes' ? bookmark : null;
  const request = { resource, mode, cursor, bookmark: since, validators, ...(deps.keys && { keys: deps.keys }) };
  const page = await ofAdapter(() => deps.adapter.fetchPage(request, deps.context), deps);
  if (page.mode === mode || (page.mode === 'not-modified' && validators !== null)) return page;
  throw unasked(page, mode, resource, deps);
}

/** The same without conditions. */
export async function fetchAlways(
  resource: string,
  checkpoint: Checkpoint,
  deps: FetchDeps,
): Promise<Exclude<Page, NotModified>> {
  const page = await fetchPage(resource, { ...checkpoint, validators: null }, deps);
  if (page.mode !== 'not-modified') return page;
  throw unasked(page, checkpoint.mode, resource, deps);
}

function unasked({ mode }: Page, asked: Mode, resource: string, { adapterName }: FetchDeps): ProtocolError {
  return new ProtocolError(
    `the adapter ${adapterName} was asked for ${asked === 'snapshot' ? 'a snapshot' : 'changes'} of ${resource} and gave ${mode}; nothing was written`,
  );
}

/** A page's records in batches. What an adapter throws while they are read is told like what it throws before. */
export async function* readBatches(
  page: SnapshotPage | ChangesPage,
  prepare: Prepare,
  size: () => number,
  deps: FetchDeps,
): AsyncGenerator<RecordBatch> {
  const batches = batchesOf(page.records, prepare, size);
  try {
    for (;;) {
      const next = await ofAdapter(() => batches.next(), deps);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await batches.return(undefined);
  }
}

/** What an adapter throws that is no error of ours is told as what it is: its answer was no page. */
async function ofAdapter<T>(read: () => Promise<T>, { adapterName, context }: FetchDeps): Promise<T> {
  try {
    return await read();
  } catch (error) {
    context.signal.throwIfAborted();
    const known = syncErrorOf(error);
    if (known) throw known;
    throw new ProtocolError(`the adapter ${adapterName} failed: ${messageOf(error)}. The cursor stays where it was`, {
      cause: error,
    });
  }
}
