/** The plan of a swap, as `cronsync swap --dry-run --json` prints it and `--keep` stores it. */
export interface SwapPreview {
  readonly from: string | null;
  readonly to: string;
  readonly outcome: string;
  readonly hits: number;
  readonly errors: readonly { readonly message: string }[];
  readonly resources: readonly SwapResource[];
}

export interface SwapResource {
  readonly resource: string;
  readonly isComplete: boolean;
  readonly equal: number;
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
  readonly rejected: number;
  readonly verdict: { readonly delete: string; readonly because?: string } | null;
  /** How many of the updates change each field. */
  readonly fields: Readonly<Record<string, number>>;
  readonly examples: readonly SwapExample[];
}

export interface SwapExample {
  readonly type: string;
  readonly key: string;
  readonly before?: Readonly<Record<string, unknown>> | null;
  readonly after?: Readonly<Record<string, unknown>> | null;
}
