import type { AdapterContext, ChangesPage, Mode, NotModified, Page, Parents, SnapshotPage } from '../../adapter.ts';
import { messageOf, ProtocolError, syncErrorOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { RecordBatch } from '../../record.ts';
import type { RefreshTokens } from '../../refresh-tokens.ts';
import type { Sending, ThirdParty } from '../../run/context.ts';
import type { TargetReader } from '../../target.ts';
import type { SlotKeeper } from '../../throttle.ts';
import type { PassState } from '../resource.ts';
import { type Batching, batchesOf } from './batches.ts';
import { firstCounts } from './brought.ts';
import { parentsOf } from './parents.ts';

/** What reads one page: the adapter, with an HTTP client for this page alone. */
export interface PageReader {
  readonly thirdParty: Pick<ThirdParty, 'name' | 'adapter'>;
  readonly context: AdapterContext;
  readonly parents: Parents | undefined;
  /** Ends what the adapter is still doing for this page. */
  stop(): void;
}

interface PageOptions {
  readonly thirdParty: ThirdParty;
  readonly targetSlots: SlotKeeper | null;
  readonly refreshTokens?: RefreshTokens | undefined;
  /** Has the parents of a resource that is `of` another one. */
  readonly target: TargetReader;
  readonly run: Sending;
  readonly log: Log;
}

/** Opens the HTTP client for one page, which knows the redirects and failures of the pass as they are now. */
export function openPage({ checkpoint: pass, resource }: Asking, options: PageOptions): PageReader {
  const { thirdParty, targetSlots, refreshTokens, target, run, log } = options;
  const parents = parentsOf(resource, target);
  const stopping = new AbortController();
  const signal = AbortSignal.any([run.signal, stopping.signal]);
  const http = thirdParty.openHttp({ pass, targetSlots, refreshTokens, run: { ...run, signal } });
  return { thirdParty, context: { http, log, signal }, parents, stop: () => stopping.abort() };
}

type Asking = Pick<PassState, 'resource' | 'checkpoint'>;

/** Fetches the page at the checkpoint's cursor: one hit. The first page of a snapshot is conditional if validators are known. */
export async function fetchPage(pass: Asking, reader: PageReader): Promise<Page> {
  const { cursor, bookmark, mode } = pass.checkpoint;
  const { resource } = pass.resource.table;
  const validators = mode === 'snapshot' && cursor === null ? pass.checkpoint.validators : null;
  const since = mode === 'changes' ? bookmark : null;
  const lastCount = mode === 'snapshot' ? (pass.checkpoint.lastCount ?? null) : null;
  const { parents } = reader;
  const keys = pass.resource.changes?.keys ?? pass.resource.keys;
  const request = {
    resource,
    mode,
    cursor,
    bookmark: since,
    validators,
    lastCount,
    ...(keys && { keys }),
    ...(parents && { parents }),
  };
  const page = await callAdapter(() => reader.thirdParty.adapter.fetchPage(request, reader.context), reader);
  if (page.mode === mode || (page.mode === 'not-modified' && validators !== null)) return page;
  throw unasked(page, mode, resource, reader);
}

/** The same, and never conditional. */
export async function fetchAlways(
  { resource, checkpoint }: Asking,
  reader: PageReader,
): Promise<Exclude<Page, NotModified>> {
  const page = await fetchPage({ resource, checkpoint: { ...checkpoint, validators: null } }, reader);
  if (page.mode !== 'not-modified') return page;
  throw unasked(page, checkpoint.mode, resource.table.resource, reader);
}

function unasked({ mode }: Page, asked: Mode, resource: string, { thirdParty }: PageReader): ProtocolError {
  return new ProtocolError(
    `the adapter ${thirdParty.name} was asked for ${asked === 'snapshot' ? 'a snapshot' : 'changes'} of ${resource} and returned ${mode}; nothing was written`,
  );
}

/** The records of a page, in batches. What an adapter throws while they are read is reported like any other failure of it. */
export async function* readBatches(
  page: SnapshotPage | ChangesPage,
  batching: Omit<Batching, 'counts'>,
  reader: PageReader,
): AsyncGenerator<RecordBatch> {
  const batches = batchesOf(page, { ...batching, counts: firstCounts(page) ? 'first' : 'last' });
  try {
    for (;;) {
      const next = await callAdapter(() => batches.next(), reader);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await batches.return(undefined);
  }
}

/** An error that is not one of ours means that the adapter's answer was not a page. */
async function callAdapter<T>(call: () => Promise<T>, { thirdParty, context }: PageReader): Promise<T> {
  try {
    return await call();
  } catch (error) {
    context.signal.throwIfAborted();
    const known = syncErrorOf(error);
    if (known) throw known;
    throw new ProtocolError(
      `the adapter ${thirdParty.name} failed: ${messageOf(error)}. The cursor stays where it was`,
      {
        cause: error,
      },
    );
  }
}
