/** How a REST API is read, as the config says it. */
export interface RestOptions {
  readonly baseUrl: string;
  /** Only for the name of the query parameter with the credentials: what is stored of a link goes without it. */
  readonly auth?: { readonly type: string; readonly param?: string | undefined } | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly resources: Readonly<Record<string, RestResource>>;
}

export interface RestResource {
  /** Appended to `baseUrl`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** `POST` for search APIs: the parameters of a page go into its JSON body. */
  readonly method?: 'GET' | 'POST' | undefined;
  readonly body?: Readonly<Record<string, unknown>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** JMESPath to the array of records; by default the body itself. */
  readonly records?: string | undefined;
  /** How many records the whole pass has, as the API tells it. */
  readonly total?: Place | undefined;
  readonly pagination?: Pagination | undefined;
  /** `changes`: between two snapshot passes only what changed since the bookmark is asked for. */
  readonly mode?: 'snapshot' | 'changes' | undefined;
  readonly bookmark?: Bookmark | undefined;
  readonly tombstones?: TombstoneOptions | undefined;
}

/** Where an answer says something: JMESPath into its body, or a header. */
export type Place = string | { readonly header: string };

/** `iso`, `seconds` and `milliseconds` are times; `number` only grows; `token` is the third party's own. */
export type BookmarkFormat = 'iso' | 'seconds' | 'milliseconds' | 'number' | 'token';

/** Where a bookmark comes from, one of three, and how it is asked with. */
export interface Bookmark {
  /** JMESPath into a record: the largest value of the first page. */
  readonly field?: string | undefined;
  /** A response header of the first page. */
  readonly header?: string | undefined;
  /** JMESPath into the body of the first page. */
  readonly path?: string | undefined;
  readonly param: string;
  /** The pages are a log: each says where to go on, and the last one where the next pass starts. */
  readonly log?: boolean | undefined;
  readonly format?: BookmarkFormat | undefined;
  /** Of a time: asked for from so much earlier on. */
  readonly overlapMs?: number | undefined;
  /** Sent in a changes pass only. */
  readonly query?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** How the API says that the bookmark is too old, beside 410. */
  readonly expired?:
    | { readonly status?: readonly number[] | undefined; readonly when?: string | undefined }
    | undefined;
}

/** How the API says that a record is gone, one of four: in a record (`field`, `when`), in a list (`path`), on pages of its own. */
export interface TombstoneOptions {
  readonly from?: GraveyardOptions | undefined;
  readonly field?: string | undefined;
  readonly when?: string | undefined;
  readonly path?: string | undefined;
}

/** Pages that list what is gone, asked for after those of what changed, with the same bookmark. */
export interface GraveyardOptions {
  readonly path: string;
  readonly query?: RestResource['query'];
  readonly records?: string | undefined;
  readonly pagination?: Pagination | undefined;
  /** The parameter of the bookmark, where it is another one there. */
  readonly param?: string | undefined;
}

export type Pagination =
  | { readonly type: 'none' }
  | PagePagination
  | OffsetPagination
  | CursorPagination
  | { readonly type: 'link'; readonly rel: string; readonly stable?: boolean | undefined }
  | { readonly type: 'next-url'; readonly next: Place; readonly stable?: boolean | undefined };

export interface PagePagination {
  readonly type: 'page';
  readonly param: string;
  /** The number of the first page. */
  readonly start: number;
  readonly sizeParam?: string | undefined;
  readonly size?: number | undefined;
}

export interface OffsetPagination {
  readonly type: 'offset';
  readonly param: string;
  readonly limitParam: string;
  readonly limit: number;
}

export interface CursorPagination {
  readonly type: 'cursor';
  /** The next cursor; null, false, an empty text, or nothing there: the pass is complete. */
  readonly next: Place;
  readonly param: string;
  readonly stable?: boolean | undefined;
}
