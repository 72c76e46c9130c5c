import type { Log } from './log.ts';
import type { RawRecord } from './record.ts';

/** The code that reads one third party. Made once per run; `fetchPage` is called for one page after another. */
export interface Adapter {
  /** The modes that a resource can be read in. */
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
  /** Where the last `changes` pass left off; null in a snapshot. */
  readonly bookmark: string | null;
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
}

/** A page of everything that there is. */
export interface SnapshotPage extends Paged {
  readonly mode: 'snapshot';
  /** How many records the third party says there are in the whole pass: with fewer, nothing is deleted. */
  readonly total?: number | undefined;
  /** The pages moved under us: a record may have been missed, so that this pass deletes nothing. */
  readonly shifted?: boolean;
  /** Where a later `changes` pass may start. */
  readonly bookmark?: string | undefined;
}

/** A page of what changed since a bookmark. It can never say that a record is gone by leaving it out. */
export interface ChangesPage extends Paged {
  readonly mode: 'changes';
  /** Keys, in the system's form. */
  readonly deleted: readonly string[];
  readonly bookmark: string;
}

/** The third party says that nothing changed since the last complete pass (RFC 9110, 304). */
export interface NotModified {
  readonly mode: 'not-modified';
}

export interface HttpClient {
  /**
   * Makes exactly one request: no retry, no redirect. Resolves when the headers are in and the status is 2xx or 304;
   * throws `ThrottledError` if no slot came in time, `CredentialsError`, `UnreachableError`, `ProtocolError` or
   * `MovedError` for everything else. The body is read afterwards, and may still fail.
   */
  request(request: HttpRequest): Promise<HttpResponse>;
}

export interface HttpRequest {
  /** Absolute, on one of the adapter's own origins. */
  readonly url: URL;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpResponse {
  readonly status: number;
  /** Where the answer came from: the request's URL, or where it has moved for good. */
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The decoded body, once. Throws `ProtocolError` when it is cut off or larger than `maxBody`. */
  readonly body: AsyncIterable<Uint8Array>;
}
