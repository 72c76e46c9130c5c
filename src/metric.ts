/** One metric of a sync, as it is now. It is read from the stores, because a run lives for seconds. */
export interface Metric {
  /** By the conventions of Prometheus: `cronsync_live_rows`, and with `_total` where it only grows. */
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
