/** Something that a person did to the sync. */
export interface Activity {
  /** Grows. */
  readonly id: number;
  readonly at: Date;
  readonly who: string;
  /** A verb: `pause`, `permit`, `replay`. */
  readonly what: string;
  readonly why: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface ActivityQuery {
  readonly limit: number;
  /** Only what has a lower id. */
  readonly before?: number;
}
