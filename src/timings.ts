/** Every constant of the protocol, in milliseconds. Passed in, so that a test can scale it. */
export interface Timings {
  /** Redis: how long a connect and a command may take, and how long one script is repeated on transport errors. */
  readonly redisConnectMs: number;
  readonly redisCommandMs: number;
  readonly redisScriptBudgetMs: number;
  /** Lock: the lease is renewed every `ttl / 3`, trusted until `ttl - leaseMarginMs`, a failed renewal is repeated this often. */
  readonly leaseMarginMs: number;
  readonly leaseRetryMs: number;
  /** A run never lasts longer than this. */
  readonly runMs: number;
  /** Throttle: a slot is reserved for the request's timeout and this. */
  readonly slotReserveMs: number;
  /** Back-off after 429 and 5xx: never longer than this; a Retry-After never longer than that. */
  readonly backOffCapMs: number;
  readonly retryAfterCapMs: number;
  /** Back-off after 401 and 403. */
  readonly credentialsBackOffMs: number;
  /** Target: how long to wait for a lock of somebody else's, in steps of this. */
  readonly targetBusyMs: number;
  readonly targetBusyStepMs: number;
  /** What one batch should take: work yields to the event loop this often. */
  readonly batchMs: number;
  /** Relay: how long a run tries to get its own events out when Redis refuses to write. */
  readonly relayPatienceMs: number;
  /** How long a stopping run may go on relaying what is committed. */
  readonly stopRelayMs: number;
}

export const defaultTimings: Timings = {
  redisConnectMs: 3000,
  redisCommandMs: 5000,
  redisScriptBudgetMs: 6000,
  leaseMarginMs: 3000,
  leaseRetryMs: 1000,
  runMs: 540_000,
  slotReserveMs: 5000,
  backOffCapMs: 1_800_000,
  retryAfterCapMs: 86_400_000,
  credentialsBackOffMs: 600_000,
  targetBusyMs: 5000,
  targetBusyStepMs: 25,
  batchMs: 40,
  relayPatienceMs: 10_000,
  stopRelayMs: 5000,
};
