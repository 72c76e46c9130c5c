/** What the role of a connection may not do in the database, though a run has to. */
export interface Rights {
  readonly role: string;
  /** One sentence for each right that is missing, which ends with the statement that gives it. */
  readonly missing: readonly string[];
}
