/** One rule for an adapter. `run` throws an AssertionError if the adapter breaks it. */
export interface Check {
  readonly name: string;
  run(): Promise<void>;
}
