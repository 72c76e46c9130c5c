/** How a REST API is read, as in the config. */
export interface RestOptions {
  readonly baseUrl: string;
  /** Used only for the name of the query parameter with the credentials, which is removed from a link that is stored. */
  readonly auth?: { readonly type: string; readonly param?: string | undefined } | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly resources: Readonly<Record<string, RestResource>>;
}

export interface RestResource {
  /** There is a list for each record of this resource, whose key's fields stand in `path` and `query`: `{id}`. */
  readonly of?: string | undefined;
  /** Appended to `baseUrl`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** `POST` is for search APIs. The parameters of a page go into the JSON body. */
  readonly method?: 'GET' | 'POST' | undefined;
  readonly body?: Readonly<Record<string, unknown>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** JMESPath to the array of records. Default: the body itself. */
  readonly records?: string | undefined;
  /** How many records the whole pass has, according to the API. */
  readonly total?: Place | undefined;
  readonly pagination?: Pagination | undefined;
  /** Records come in parts over several pages: they are merged by key, until the answer says that they are whole. */
  readonly parts?: 'merge' | { readonly until: string } | undefined;
  /** With `changes`, passes between two snapshots ask only for what changed since the bookmark. */
  readonly mode?: 'snapshot' | 'changes' | undefined;
  readonly bookmark?: Bookmark | undefined;
  readonly tombstones?: TombstoneOptions | undefined;
}

/** A place in an answer: JMESPath into its body, or a header. */
export type Place = string | { readonly header: string };

/** `iso`, `seconds` and `milliseconds` are times, `number` only grows, and `token` is a text of the third party. */
export type BookmarkFormat = 'iso' | 'seconds' | 'milliseconds' | 'number' | 'token';

/** Where a bookmark comes from (one of three places), and how it is sent. */
export interface Bookmark {
  /** JMESPath into a record: the largest value of the first page. */
  readonly field?: string | undefined;
  /** A response header of the first page. */
  readonly header?: string | undefined;
  /** JMESPath into the body of the first page. */
  readonly path?: string | undefined;
  readonly param: string;
  /** True if the pages are a log: each says where to go on, and the last one says where the next pass starts. */
  readonly log?: boolean | undefined;
  readonly format?: BookmarkFormat | undefined;
  /** Only for times: the pass asks from this much before the bookmark. */
  readonly overlapMs?: number | undefined;
  /** Sent only in a pass of changes. */
  readonly query?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** How the API says that the bookmark is too old, in addition to 410. */
  readonly expired?:
    | { readonly status?: readonly number[] | undefined; readonly when?: string | undefined }
    | undefined;
}

/** How the API says that a record is gone: in a record (`field`, `when`), in a list (`path`), or on separate pages. One of these. */
export interface TombstoneOptions {
  readonly from?: GraveyardOptions | undefined;
  readonly field?: string | undefined;
  readonly when?: string | undefined;
  readonly path?: string | undefined;
}

/** Pages that list what is gone. They are asked for after the pages of what changed, with the same bookmark. */
export interface GraveyardOptions {
  readonly path: string;
  readonly query?: RestResource['query'];
  readonly records?: string | undefined;
  readonly pagination?: Pagination | undefined;
  /** The parameter of the bookmark, if it has a different name there. */
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
  /** Statuses of a page after the first one that say that there are no more. */
  readonly pastEnd?: readonly number[] | undefined;
}

export interface OffsetPagination {
  readonly type: 'offset';
  readonly param: string;
  readonly limitParam: string;
  readonly limit: number;
}

export interface CursorPagination {
  readonly type: 'cursor';
  /** The next cursor. The pass is complete if there is null, false, an empty text, an empty object or nothing. */
  readonly next: Place;
  /** Without it, the cursor is an object, whose members are parameters. */
  readonly param?: string | undefined;
  readonly stable?: boolean | undefined;
}
