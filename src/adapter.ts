import type { Log } from './log.ts';
import type { RawRecord } from './record.ts';
import type { Validators } from './validators.ts';

/** The code that reads one third party. Made once per run; `fetchPage` is called for one page after another. */
export interface Adapter {
  /** The modes in which a resource can be read. If `changes` is the only one, its first pass has no bookmark. */
  modes(resource: string): readonly Mode[];

  /** Whether the third party's order never moves a record from page to page. `guard.confirm: "auto"` depends on it. */
  isStable(resource: string): boolean;

  /**
   * Fetches one page of `request.resource`: one hit, made with `context.http`. Throw rather than return part of a page.
   * It is also possible to throw while the records are read. A page that threw never leads to a deletion.
   */
  fetchPage(request: PageRequest, context: AdapterContext): Promise<Page>;
}

export type Mode = 'snapshot' | 'changes';

/** Where the next page starts: text that only the adapter understands. It is stored, and may be used by another host. */
export type Cursor = string;

export interface PageRequest {
  readonly resource: string;
  readonly mode: Mode;
  /** Null: the first page of the pass. */
  readonly cursor: Cursor | null;
  /** Where the last `changes` pass ended; null in a snapshot, and if there was no such pass yet. */
  readonly bookmark: string | null;
  /** Those of the last complete pass, if it had one page. The adapter may answer `NotModified` only to a request with these. */
  readonly validators?: Validators | null;
  readonly keys?: Keys;
  /** How many records the last complete snapshot brought, in a snapshot; null where that is not known. */
  readonly lastCount?: number | null;
  /** Of a resource that is `of` another one. */
  readonly parents?: Parents;
}

/** The records of another resource, as the system has them now. */
export interface Parents {
  /** The names of their key's fields. */
  readonly fields: readonly string[];
  /** The first one behind this one, and behind 0 the first of all; null: there is none. New ones are last. */
  after(id: number): Promise<Parent | null>;
  count(): Promise<number>;
}

export interface Parent {
  /** Says where it stands in the order. */
  readonly id: number;
  readonly key: string;
}

/** Reads the key of a record, in the system's form, from what the third party sent; null if it has none. */
export interface Keys {
  record(raw: RawRecord): string | null;
  /** The key of a record that is gone, from what the third party sent about it. This is often only an id. */
  tombstone(raw: RawRecord): string | null;
}

export interface AdapterContext {
  /** The only way to make a request. Each request takes a slot. The credentials go only to the adapter's own origins. */
  readonly http: HttpClient;
  readonly log: Log;
  /** Fires when the run must stop, and when a page is over or given up. Nothing that arrives later is written. */
  readonly signal: AbortSignal;
}

export type Page = SnapshotPage | ChangesPage | NotModified;

/** Some consecutive records of a page. */
export type RecordChunk = RecognisableChunk | { readonly digest: null; readonly records: Iterable<RawRecord> };

/** Some consecutive records of a page, which can be recognised by the bytes that they were read from. */
export interface RecognisableChunk {
  /** Of these bytes: with the same digest, the records are the same. */
  readonly digest: string;
  /** Read once, in order; each is parsed when it is asked for. Not read at all where the chunk is known. */
  readonly records: Iterable<RawRecord>;
  /** The records at these positions, which ascend: a look into a chunk that is not read. */
  pick(positions: readonly number[]): readonly RawRecord[];
}

interface Paged {
  /** Read once, in order; a large body is streamed. It ends when the signal of the context fires: a failed write waits for that. */
  readonly records: Iterable<RawRecord> | AsyncIterable<RawRecord>;
  /** Null means that the pass is complete. A function, if it is known only after the records were read. */
  readonly next: Cursor | null | (() => Cursor | null);
  /** The pages are parts of a log of changes: what a later page says about a key is newer. */
  readonly isLog?: boolean;
  /** The bookmark of the last page counts, not that of the first. This is always so in a log. */
  readonly isBookmarkLast?: boolean;
  /** The pages shifted during the pass. A record may have been missed, so this pass proves no record gone. */
  readonly shifted?: boolean;
}

/** A page of everything that there is. */
export interface SnapshotPage extends Paged {
  readonly mode: 'snapshot';
  /** How many records the whole pass has, according to the third party. If fewer arrive, nothing is deleted. */
  readonly total?: number | undefined;
  /** Where a later `changes` pass may start. */
  readonly bookmark?: string | undefined;
  /** What identifies the state of a pass that has one page. The next pass asks with them. Several pages cannot use them. */
  readonly validators?: Validators | null;
  /**
   * The same records in chunks: only one of the two is read. A chunk that the last pass has found unchanged is neither parsed nor
   * compared again. A page that is not the only one of its pass is one chunk.
   */
  readonly chunks?: Iterable<RecordChunk> | AsyncIterable<RecordChunk>;
  /** In a log only: keys of records that may have arrived earlier in this pass and are gone since. */
  readonly gone?: readonly string[];
}

/** A page of what changed since a bookmark. A record that it leaves out is not gone. */
export interface ChangesPage extends Paged {
  readonly mode: 'changes';
  /**
   * Keys of the records that are gone, in the system's form. A record in the same pass wins over them: if a record of this
   * page is provably older than its deletion, leave it out of `records`.
   */
  readonly deleted: readonly string[];
  /**
   * Those of `deleted` that win over a record of an earlier page of this pass, since they are provably newer. A record of
   * this page wins all the same, and so does one of a later page, unless it is `outlived`. In a log, all of `deleted` do, and this is not read.
   */
  readonly gone?: readonly string[];
  /**
   * Keys of records of this page that are provably older than every deletion of the pages before it. Such a record does not
   * count where an earlier page of this pass has said that its key is gone. In a log, none is.
   */
  readonly outlived?: readonly string[];
  /**
   * Where the next `changes` pass starts. The first page of the pass counts: every later change must come after it. A
   * function, if it is known only after the records were read; if that returns null, the next pass starts where this one did.
   */
  readonly bookmark: string | (() => string | null);
}

/** The third party says that nothing changed since the last complete pass (RFC 9110, 304). */
export interface NotModified {
  readonly mode: 'not-modified';
}

export interface HttpClient {
  /**
   * Makes exactly one request: no retry, no redirect. Resolves when the headers are in and the status is 200, 203, 204 or
   * 304; throws `ThrottledError` if no slot was free in time, `CredentialsError`, `UnreachableError`, `ProtocolError` or
   * `MovedError` in all other cases. The body is read afterwards, and reading it may still fail.
   */
  request(request: HttpRequest): Promise<HttpResponse>;

  /**
   * Takes a slot for a hit that another program makes: one start of that program. `account` names what is hit if the config
   * has no `throttle.key`. Throws like `request`. It is absent if no hit may be made (`--from`).
   */
  takeSlot?(account: string): Promise<TakenSlot>;
}

/** Settle it when the hit is over. Cancel it only if it is certain that no hit was made. Otherwise it stays reserved. */
export interface TakenSlot {
  settle(): Promise<void>;
  cancel(): Promise<void>;
}

export interface HttpRequest {
  /** Absolute, on one of the adapter's own origins. */
  readonly url: URL;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * Signs one request right before it is sent: returns the headers to add. This is the default export of a module of
 * `auth: {"type": "module"}`. If it throws, nothing is sent.
 */
export type Sign = (
  request: HttpRequest,
) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;

export interface HttpResponse {
  readonly status: number;
  /** Where the answer came from: the request's URL, or the URL to which it has moved permanently. */
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The decoded body, once. Throws `ProtocolError` when it is cut off or larger than `maxBody`. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** The default export of an adapter module: see `defineAdapter`. */
export interface AdapterDefinition<Options = unknown> {
  /** Origins (`https://api.example`) to which the adapter may send requests, in addition to that of `baseUrl`. */
  readonly origins?: (options: Options) => readonly string[];
  /** Called once per run with the adapter's part of the config. Throw to report what is wrong with it. */
  create(options: Options): Adapter | Promise<Adapter>;
}

/** Types an adapter module: `export default defineAdapter<MyOptions>({ create(options) { … } })`. */
export function defineAdapter<Options = unknown>(definition: AdapterDefinition<Options>): AdapterDefinition<Options> {
  return definition;
}
