/** Documents as a command prints them, by name; a test checks them with the schemas. */
export const examples: Readonly<Record<string, unknown>> = {
  run: {
    name: 'crm',
    run: '3f2a90c41b7e',
    adapter: 'acme',
    outcome: 'held',
    exitCode: 3,
    startedAt: '2026-01-31T12:00:00.412Z',
    tookMs: 638,
    hits: 1,
    pages: 1,
    records: 203,
    rejected: 0,
    duplicates: 0,
    counts: { created: 1, updated: 2, deleted: 0 },
    relayed: 3,
    isRelayPaused: false,
    nextSlotInMs: null,
    resources: [
      {
        resource: 'customers',
        pass: 418,
        phase: 'held',
        pages: 1,
        records: 203,
        held: {
          pass: 418,
          count: 340,
          live: 543,
          because: '340 of 540 rows would be deleted; the guard allows 108',
          at: 1769860801020,
        },
        emptied: null,
      },
    ],
    errors: [],
    warnings: ['customers: 340 of 540 rows would be deleted; the guard allows 108'],
  },
  event: {
    specversion: '1.0',
    id: 'crm:1769860800000-1204',
    source: '/crm',
    type: 'customers.updated',
    subject: '42',
    time: '2026-01-31T12:00:00.731Z',
    datacontenttype: 'application/json',
    sequence: '00000000000000001204',
    data: {
      key: '42',
      before: { id: '42', email: 'ada@example.com', state: 'trial' },
      after: { id: '42', email: 'ada@example.com', state: 'active' },
      changed: ['state'],
    },
  },
  failure: {
    outcome: 'failed',
    exitCode: 69,
    errors: [
      {
        exitCode: 69,
        message:
          'Redis at redis://127.0.0.1:6379 cannot be reached (connect ECONNREFUSED 127.0.0.1:6379); nothing was written',
        hint: 'Start Redis, or set redis.url.',
      },
    ],
  },
};
