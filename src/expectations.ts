/** What the config expects of a resource. What is unmet is a standing problem, and never an error: no row depends on it. */
export interface Expectations {
  /** Between two changes no more time passes than this. */
  readonly changeWithinMs?: number;
  readonly records?: ExpectedRecords;
}

/** How many records a complete snapshot brings: at least `min`, at most `max`. */
export interface ExpectedRecords {
  readonly min?: number;
  readonly max?: number;
}

/** On which side a number of records is out of what is expected; null where it is not. */
export function missesRecords(count: number, { min = 0, max = count }: ExpectedRecords): 'min' | 'max' | null {
  if (count < min) return 'min';
  return count > max ? 'max' : null;
}
