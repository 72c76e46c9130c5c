import type { Log } from './log.ts';
import type { RawRecord } from './record.ts';
import type { Validators } from './validators.ts';

/** The code that reads one third party. Made once per run; `fetchPage` is called for one page after another. */
export interface Adapter {
  /** The modes that a resource can be read in. With `changes` alone, its first pass has no bookmark. */
  modes(resource: string): readonly Mode[];

  /** What `guard.confirm: "auto"` asks: whether the third party's order never moves a record across pages. */
  isStable(resource: string): boolean;

  /**
   * Fetches one page of `request.resource`: one hit, made with `context.http`. Throw rather than return part of a page;
   * a throw while the records are read counts as well. Nothing of a page that threw is a reason to delete anything.
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
  /** Where the last `changes` pass left off; null in a snapshot, and where no pass has left one. */
  readonly bookmark: string | null;
  /** Of the last complete pass, when that was one page: only with these may the adapter answer `NotModified`. */
  readonly validators?: Validators | null;
  readonly keys?: Keys;
  /** How many records the last complete snapshot brought, in a snapshot; null where that is not known. */
  readonly lastCount?: number | null;
}

/** Reads a record's key, in the system's form, out of what the third party gave; null where there is none. */
export interface Keys {
  record(raw: RawRecord): string | null;
  /** Of what says that a record is gone: often no more than an id. */
  tombstone(raw: RawRecord): string | null;
}

export interface AdapterContext {
  /** The only way out. Every request takes a slot, and carries the adapter's credentials to the adapter's origins only. */
  readonly http: HttpClient;
  readonly log: Log;
  /** Fires when the run must stop: nothing that comes later is written. */
  readonly signal: AbortSignal;
}

export type Page = SnapshotPage | ChangesPage | NotModified;

interface Paged {
  /** Read once, in order; a large body is streamed. */
  readonly records: Iterable<RawRecord> | AsyncIterable<RawRecord>;
  /** Null: the pass is complete, and only then. A function where it is known only after the records were read. */
  readonly next: Cursor | null | (() => Cursor | null);
  /** The pages follow one another in a log of changes: what a later page says of a key is newer. */
  readonly isLog?: boolean;
  /** The bookmark of the last page counts, not that of the first; so it does in a log. */
  readonly isBookmarkLast?: boolean;
  /** The pages moved under us: a record may have been missed, so that this pass proves nothing. */
  readonly shifted?: boolean;
}

/** A page of everything that there is. */
export interface SnapshotPage extends Paged {
  readonly mode: 'snapshot';
  /** How many records the third party says there are in the whole pass: with fewer, nothing is deleted. */
  readonly total?: number | undefined;
  /** Where a later `changes` pass may start. */
  readonly bookmark?: string | undefined;
  /** What names this state of a pass that is one page: asked with, next time. Of no use on one of several pages. */
  readonly validators?: Validators | null;
  /** Of a log only: keys of records that may have come earlier in this pass, and are gone since. */
  readonly gone?: readonly string[];
}

/** A page of what changed since a bookmark. It can never say that a record is gone by leaving it out. */
export interface ChangesPage extends Paged {
  readonly mode: 'changes';
  /**
   * Keys, in the system's form. A record that the same pass brings beats them: where one of this page is provably older
   * than its deletion, leave it out of `records`.
   */
  readonly deleted: readonly string[];
  /**
   * Where the next `changes` pass starts, by the pass's first page: what changes from now on must come after it. A function where
   * it is known only after the records were read; null there: where this pass started.
   */
  readonly bookmark: string | (() => string | null);
}

/** The third party says that nothing changed since the last complete pass (RFC 9110, 304). */
export interface NotModified {
  readonly mode: 'not-modified';
}

export interface HttpClient {
  /**
   * Makes exactly one request: no retry, no redirect. Resolves when the headers are in and the status is 200, 203, 204 or 304;
   * throws `ThrottledError` if no slot came in time, `CredentialsError`, `UnreachableError`, `ProtocolError` or
   * `MovedError` for everything else. The body is read afterwards, and may still fail.
   */
  request(request: HttpRequest): Promise<HttpResponse>;

  /**
   * Takes a slot for a hit that leaves by another way than this: one start of somebody else's program. `account` names what
   * is hit, where the config has no `throttle.key`. Throws like `request`. Absent where no hit may be made (`--from`).
   */
  takeSlot?(account: string): Promise<TakenSlot>;
}

/** Settle it when the hit is over, cancel it only if certainly none was made; one that is left stays reserved. */
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
 * Signs one request, right before it is sent: gives the headers to add. What a module of `auth: {"type": "module"}`
 * default-exports; a throw means that nothing is sent.
 */
export type Sign = (
  request: HttpRequest,
) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;

export interface HttpResponse {
  readonly status: number;
  /** Where the answer came from: the request's URL, or where it has moved for good. */
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The decoded body, once. Throws `ProtocolError` when it is cut off or larger than `maxBody`. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** What an adapter module default-exports: see `defineAdapter`. */
export interface AdapterDefinition<Options = unknown> {
  /** Origins (`https://api.example`) that the adapter may send requests to, beside that of `baseUrl`. */
  readonly origins?: (options: Options) => readonly string[];
  /** Called once per run with the adapter's part of the config; throw to say what is wrong with it. */
  create(options: Options): Adapter | Promise<Adapter>;
}

/** Types an adapter module: `export default defineAdapter<MyOptions>({ create(options) { … } })`. */
export function defineAdapter<Options = unknown>(definition: AdapterDefinition<Options>): AdapterDefinition<Options> {
  return definition;
}
