/** What a run shows while it works. Every call is cheap: nothing of it may slow a batch down. */
export interface Progress {
  /** Records of a page were taken in. */
  records(resource: string, count: number): void;

  /** A page is committed. */
  page(resource: string, pages: number): void;

  /** A slot frees in this time; the run waits for it. */
  waiting(forMs: number): void;
}

export const noProgressShown: Progress = { records() {}, page() {}, waiting() {} };
