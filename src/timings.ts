/** Every constant of the protocol, in milliseconds. Passed in, so that tests can scale them. */
export interface Timings extends ListenTimings {
  /** Redis: how long a connect may take. */
  readonly redisConnectMs: number;
  /** Redis: how long a command may take. */
  readonly redisCommandMs: number;
  /** Redis: how long a sentinel, or a node of a cluster, may take to say where the data is. */
  readonly redisAskMs: number;
  /** How long a module may take to return a login. */
  readonly loginMs: number;
  /** Redis: how long one script is repeated on transport errors. */
  readonly redisScriptBudgetMs: number;
  /** How long a store may take to connect, and then to answer, when somebody only looks at the sync. */
  readonly lookMs: number;
  /** Lock: the lease is renewed every third of its TTL, and trusted until this long before its end. */
  readonly leaseMarginMs: number;
  /** Lock: how often a renewal that failed is repeated. */
  readonly leaseRetryMs: number;
  /** A run never lasts longer than this. */
  readonly runMs: number;
  /** Throttle: a slot is reserved for the request's timeout plus this. */
  readonly slotReserveMs: number;
  /** Throttle: how late whoever is first in turn may come for a free slot; then it is the next one's. */
  readonly slotTurnMs: number;
  /** The longest back-off of our own after 429, 503 and other failures. */
  readonly backOffCapMs: number;
  /** The longest back-off that the third party can ask for. */
  readonly retryAfterCapMs: number;
  /** The back-off after 401 and 403. */
  readonly credentialsBackOffMs: number;
  /** OAuth: how long it is tried to store a refresh token that exists nowhere else. */
  readonly tokenStoreMs: number;
  /** OAuth: how often that is tried, and how often it is looked whether somebody else has got a token. */
  readonly tokenStepMs: number;
  /** Target: how long to wait for a lock that somebody else holds. */
  readonly targetBusyMs: number;
  /** Target: how often that lock is tried meanwhile. */
  readonly targetBusyStepMs: number;
  /** Target: how long a connect to a server may take. */
  readonly targetConnectMs: number;
  /** Target: how long closing a connection may take before it is torn down. */
  readonly targetCloseMs: number;
  /** Target: a server ends a transaction whose client has done nothing for this long, so that a stopped run blocks nobody. */
  readonly targetIdleMs: number;
  /** Target: after how long a server gives up a statement; twice `targetIdleMs` by default. */
  readonly targetStatementMs?: number;
  /** How long one batch should take: work yields to the event loop this often. */
  readonly batchMs: number;
  /** Relay: how long a run tries to relay its own events when Redis refuses to write. */
  readonly relayPatienceMs: number;
  /** Relay: how long a stopping run may continue to relay what is committed. */
  readonly stopRelayMs: number;
}

/** The timings of `cronsync listen` (docs/protocol.md section 8). */
export interface ListenTimings {
  /** How long one blocking read waits for new entries. */
  readonly blockMs: number;
  /** How much longer than that its socket may be silent. */
  readonly blockSlackMs: number;
  /** How much later still a watchdog gives up the read and its client. */
  readonly watchdogSlackMs: number;
  /** For how long one daemon has an ordered group unless it renews its lease. */
  readonly groupLeaseMs: number;
  /** How often the other daemons ask for the lease. */
  readonly standbyMs: number;
  /** How often an unordered group is searched for entries that nobody has touched. */
  readonly claimEveryMs: number;
  /** How long nobody must have touched an entry before it is claimed. */
  readonly claimIdleMs: number;
  /** How often a daemon shows that it is still working on its entries. */
  readonly heartbeatMs: number;
  /** The minute in which a daemon counts what it has delivered, for those who look at the sync. */
  readonly minuteMs: number;
  /** The wait after the first failed delivery of an event; it doubles each time. */
  readonly retryFirstMs: number;
  /** The longest wait between two deliveries of an event. */
  readonly retryCapMs: number;
  /** An event that has failed for this long becomes a dead letter, however few its attempts were. */
  readonly giveUpMs: number;
  /** How often a receiver that seems to be down is tried with one event. */
  readonly probeMs: number;
  /** How long a delivery may take to end after its signal has fired. */
  readonly deliveryGraceMs: number;
  /** The shortest wait of a loop that failed. */
  readonly loopBackOffMs: number;
  /** The longest wait of a loop that failed. */
  readonly loopBackOffCapMs: number;
  /** How often the daemon asks what people have paused and rewound. */
  readonly steeringMs: number;
  /** How often the groups' cursors are stored in the target. */
  readonly cursorsMs: number;
  /** How often the daemon relays the outbox. */
  readonly relayEveryMs: number;
  /** How often the daemon trims the stream. */
  readonly trimEveryMs: number;
  /** Stopping: when the signals of deliveries in flight fire. */
  readonly drainSignalMs: number;
  /** Stopping: when deliveries in flight are no longer waited for. */
  readonly drainMs: number;
}

export const defaultTimings: Timings = {
  redisConnectMs: 3000,
  redisCommandMs: 5000,
  redisAskMs: 1000,
  loginMs: 10_000,
  redisScriptBudgetMs: 6000,
  lookMs: 1000,
  leaseMarginMs: 3000,
  leaseRetryMs: 1000,
  runMs: 540_000,
  slotReserveMs: 5000,
  slotTurnMs: 500,
  backOffCapMs: 1_800_000,
  retryAfterCapMs: 86_400_000,
  credentialsBackOffMs: 600_000,
  tokenStoreMs: 15_000,
  tokenStepMs: 500,
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
  minuteMs: 60_000,
  retryFirstMs: 1000,
  retryCapMs: 300_000,
  giveUpMs: 86_400_000,
  probeMs: 30_000,
  deliveryGraceMs: 5000,
  loopBackOffMs: 500,
  loopBackOffCapMs: 5000,
  steeringMs: 2000,
  cursorsMs: 5000,
  relayEveryMs: 5000,
  trimEveryMs: 3_600_000,
  drainSignalMs: 20_000,
  drainMs: 25_000,
};
