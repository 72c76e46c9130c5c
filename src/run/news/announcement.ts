import type { SyncEventType } from '../../sync-event.ts';

/** One thing to announce. `message` in its data is a sentence for people. */
export interface Announcement {
  readonly type: SyncEventType;
  /** A resource, the adapter, or the sync. */
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>> & { readonly message: string };
}
