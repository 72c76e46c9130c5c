/** One event, as far as tests look into it (CloudEvents, see src/event.ts). */
export interface SyncEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly sequence: string;
  readonly time: string;
  readonly cause?: string;
  readonly data: {
    readonly key: string;
    readonly before: Row | null;
    readonly after: Row | null;
    readonly changed?: readonly string[];
  };
}

export type Row = Readonly<Record<string, unknown>>;
