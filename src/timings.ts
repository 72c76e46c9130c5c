/** Every constant of the protocol, in milliseconds. Passed in, so that a test can scale it. */
export interface Timings extends ListenTimings {
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
  /** How long making a connection to a server may take, and how long one may take to close before it is torn down. */
  readonly targetConnectMs: number;
  readonly targetCloseMs: number;
  /** A server ends a transaction whose client does nothing for so long: a run that is stopped inside one blocks nobody. */
  readonly targetIdleMs: number;
  /** What one batch should take: work yields to the event loop this often. */
  readonly batchMs: number;
  /** Relay: how long a run tries to get its own events out when Redis refuses to write. */
  readonly relayPatienceMs: number;
  /** How long a stopping run may go on relaying what is committed. */
  readonly stopRelayMs: number;
}

/** Those of `cronsync listen` (protocol section 8). */
export interface ListenTimings {
  /** One blocking read, how much longer its socket may be silent, and how much later a watchdog gives its client up. */
  readonly blockMs: number;
  readonly blockSlackMs: number;
  readonly watchdogSlackMs: number;
  /** An ordered group belongs to one daemon as long as this is renewed; the others ask for it this often. */
  readonly groupLeaseMs: number;
  readonly standbyMs: number;
  /** How often an unordered group is searched for what nobody has touched for so long. */
  readonly claimEveryMs: number;
  readonly claimIdleMs: number;
  /** How often what is being worked on is shown to be alive. */
  readonly heartbeatMs: number;
  /** A failed delivery: the first wait, the longest, and after how long an event dies however few its attempts were. */
  readonly retryFirstMs: number;
  readonly retryCapMs: number;
  readonly giveUpMs: number;
  /** How often a receiver that seems to be down is tried with one event. */
  readonly probeMs: number;
  /** How long a delivery may take to end once its signal has fired. */
  readonly deliveryGraceMs: number;
  /** A loop that failed waits at least so long, and at most so long, before it goes on. */
  readonly loopBackOffMs: number;
  readonly loopBackOffCapMs: number;
  /** How often cursors go to the target, the outbox is relayed, and the stream is trimmed. */
  readonly cursorsMs: number;
  readonly relayEveryMs: number;
  readonly trimEveryMs: number;
  /** Stopping: when what is in flight is told to end, and when it is not waited for any more. */
  readonly drainSignalMs: number;
  readonly drainMs: number;
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
  targetConnectMs: 5000,
  targetCloseMs: 1000,
  targetIdleMs: 10_000,
  batchMs: 40,
  relayPatienceMs: 10_000,
  stopRelayMs: 5000,
  blockMs: 2000,
  blockSlackMs: 5000,
  watchdogSlackMs: 10_000,
  groupLeaseMs: 30_000,
  standbyMs: 1000,
  claimEveryMs: 15_000,
  claimIdleMs: 60_000,
  heartbeatMs: 15_000,
  retryFirstMs: 1000,
  retryCapMs: 300_000,
  giveUpMs: 86_400_000,
  probeMs: 30_000,
  deliveryGraceMs: 5000,
  loopBackOffMs: 500,
  loopBackOffCapMs: 5000,
  cursorsMs: 5000,
  relayEveryMs: 5000,
  trimEveryMs: 3_600_000,
  drainSignalMs: 20_000,
  drainMs: 25_000,
};
