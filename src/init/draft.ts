/** A value that may stand in a query. */
export type Query = Readonly<Record<string, string | number | boolean>>;

/** A place in an answer: JMESPath into its body, or a header. */
export type Place = string | { readonly header: string };

export type FieldType =
  | 'string'
  | 'date'
  | 'date-time'
  | 'decimal'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'array'
  | 'object';

/** One column: what it is called, where a record of the third party has it, and what it holds. */
export interface FieldDraft {
  readonly name: string;
  /** JMESPath into the record. */
  readonly path: string;
  readonly type: FieldType;
  readonly isNullable: boolean;
  /** How the third party writes a time as a number. */
  readonly format?: 'unix' | 'unix-ms';
  /** Whether an empty text is null. */
  readonly emptyIsNull?: true;
}

/** What the config does not have although the source has it, and why. */
export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

/** How one page leads to the next, as the config writes it. */
export type PaginationDraft = Readonly<Record<string, unknown>> & { readonly type: string };

/** How the API is asked for what changed, as the config writes it. */
export type ChangesDraft = Readonly<Record<string, unknown>>;

/** One resource before it is written: what the system keeps, and where the third party has it. */
export interface ResourceDraft {
  readonly name: string;
  /** The resource for whose records this one is asked for, one request each. */
  readonly of?: string;
  readonly path: string;
  readonly query: Query;
  readonly headers?: Readonly<Record<string, string>>;
  /** For a search API: the members of the JSON body. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** JMESPath to the list; null: the body is the list. */
  readonly records: string | null;
  readonly total: Place | null;
  readonly pagination: PaginationDraft | null;
  readonly key: readonly string[];
  readonly fields: readonly FieldDraft[];
  /** The bookmark; null: each pass reads everything. */
  readonly changes: ChangesDraft | null;
}

/** How requests are signed: the names of variables, never their values. */
export type AuthDraft =
  | { readonly type: 'bearer'; readonly token: string }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'header'; readonly name: string; readonly value: string }
  | { readonly type: 'query'; readonly param: string; readonly value: string }
  | {
      readonly type: 'oauth2';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope?: string;
      readonly send?: 'basic' | 'body';
      readonly grant?: 'refresh_token';
      readonly refreshToken?: string;
      readonly tokenKey?: string;
    };

/** At most so many hits in any window, in each of several windows; `per` is a duration as the config writes it. */
export type ThrottleDraft = readonly [Window, ...Window[]];

interface Window {
  readonly hits: number;
  readonly per: string;
}

/** One third party before it is written. */
export interface AdapterDraft {
  readonly name: string;
  readonly baseUrl: string;
  readonly auth: AuthDraft | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly throttle: ThrottleDraft;
  readonly resources: readonly ResourceDraft[];
}

/** What was read out of a source: the third party, what of it was left out, and what a person should know. */
export interface Draft {
  readonly adapter: AdapterDraft;
  readonly leftOut: readonly LeftOut[];
  readonly notes: readonly string[];
}

/** The limit where the third party states none. */
export const oneAMinute: ThrottleDraft = [{ hits: 1, per: '60s' }];
