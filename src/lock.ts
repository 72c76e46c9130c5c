/** Who holds the lock. */
export interface Holder {
  readonly token: string;
  readonly host: string;
  readonly pid: number;
  readonly run: string;
  /** RFC 3339. */
  readonly startedAt: string;
}

/** The right to run, one at a time. It keeps runs from getting in each other's way; what makes it safe is the fence. */
export interface Lock {
  /** Taken once, at the start of a run. Never waits. Asking again with the same token is granted again: a reply may be lost. */
  acquire(holder: Holder): Promise<Acquired>;

  /** Who holds it now, or null. */
  inspect(): Promise<Held | null>;

  /** Removes it, whoever holds it. The caller fences the holder out. */
  remove(): Promise<boolean>;
}

export type Acquired =
  | { readonly granted: true; readonly lease: Lease }
  | { readonly granted: false; readonly held: Held };

export interface Held {
  /** Null if the key holds something that no run wrote. */
  readonly holder: Holder | null;
  /** Null if it has no TTL, which no run of ours leaves: it was made by hand and will not go away by itself. */
  readonly expiresInMs: number | null;
}

/** A lock that is held, and renewed in the background until it is released or lost. */
export interface Lease {
  /** Fires, with the error as its reason, when the lease is lost. It never comes back. */
  readonly signal: AbortSignal;

  /** Whether the lock is surely still ours, by the monotonic and by the wall clock. Asked before every hit and every commit. */
  isTrusted(): boolean;

  /** Stops renewing and gives the lock back if it is still ours. Never throws. */
  release(): Promise<void>;
}
