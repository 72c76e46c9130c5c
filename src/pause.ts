/** A person has paused the sync, or one listener. There is one of each at most. */
export interface Pause {
  /** Null: the sync. */
  readonly listener: string | null;
  /** Null: until it is resumed. */
  readonly until: Date | null;
  readonly reason: string | null;
  readonly who: string;
  readonly at: Date;
}
