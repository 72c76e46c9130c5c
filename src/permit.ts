/** Which of the held sets of a resource. */
export type HeldKind = 'deletes' | 'updates';

/** A person's approval of exactly one held set, until the run that uses it. There is one for each resource and kind at most. */
export interface StoredPermit {
  readonly resource: string;
  readonly what: HeldKind;
  /** The pass that held the set. */
  readonly pass: number;
  /** Of the held set. */
  readonly digest: string;
  /** How many records are in it. */
  readonly count: number;
  readonly who: string;
  readonly at: Date;
  readonly until: Date;
}
