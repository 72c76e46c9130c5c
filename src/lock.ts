/** Who holds the lock. */
export interface Holder {
  readonly token: string;
  readonly host: string;
  readonly pid: number;
  readonly run: string;
  /** RFC 3339. */
  readonly startedAt: string;
}

/** The right to run, one at a time. It keeps runs out of each other's way; the fence makes this safe. */
export interface Lock {
  /** Called once, at the start of a run. Never waits. The same token is granted again, since a reply may be lost. */
  acquire(holder: Holder): Promise<Acquired>;

  /** Returns who holds it now, or null. */
  inspect(): Promise<Held | null>;

  /** Removes it, whoever holds it; the caller fences the holder out. True: it was there. */
  remove(): Promise<boolean>;
}

export type Acquired =
  | { readonly granted: true; readonly lease: Lease }
  | { readonly granted: false; readonly held: Held };

export interface Held {
  /** Null if the key holds something that no run has written. */
  readonly holder: Holder | null;
  /** Null if it has no TTL: somebody made it by hand, and it does not expire by itself. */
  readonly expiresInMs: number | null;
}

/** A lock that is held, and renewed in the background until it is released or lost. */
export interface Lease {
  /** Fires, with the error as its reason, when the lease is lost. A lost lease never comes back. */
  readonly signal: AbortSignal;

  /** Whether the lock is certainly still ours, by the monotonic and by the wall clock. Asked before every hit and every commit. */
  isTrusted(): boolean;

  /** Stops renewing and gives the lock back if it is still ours. Never throws. */
  release(): Promise<void>;
}
