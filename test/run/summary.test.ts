import { describe, expect, test } from 'vitest';
import { noChanges } from '../../src/change.ts';
import { CredentialsError, ExitCode, RejectsError, ThrottledError, UnreachableError } from '../../src/errors.ts';
import { RunReport } from '../../src/run/report.ts';
import { errorSummary, outcomeOf } from '../../src/run/summary.ts';
import { Timeline } from '../../src/run/timeline.ts';
import type { RunRow } from '../../src/run-row.ts';

const nothing = {
  stopCode: null,
  errors: [],
  isHeld: false,
  isThrottled: false,
  pages: 0,
  isUnfinished: false,
  wasDue: true,
};
const unreachable = errorSummary(new UnreachableError('away'));

describe('a run ends as', () => {
  test.each([
    ['done', 0, {}],
    ['not-due', 0, { wasDue: false }],
    ['throttled', 0, { isThrottled: true }],
    ['throttled', 0, { isThrottled: true, isUnfinished: true }],
    ['partial', 0, { isThrottled: true, pages: 2, isUnfinished: true }],
    ['done', 0, { isThrottled: true, pages: 2 }],
    ['partial', 0, { pages: 2, isUnfinished: true }],
    ['held', 3, { isHeld: true, isUnfinished: true }],
    ['failed', 69, { errors: [unreachable], isHeld: true }],
    ['stopped', 143, { errors: [unreachable], stopCode: ExitCode.sigterm }],
    ['stopped', 130, { stopCode: ExitCode.sigint }],
  ])('%s with %i: %o', (outcome, exitCode, met) => {
    expect(outcomeOf({ ...nothing, ...met })).toEqual({ outcome, exitCode });
  });
});

describe('an error in a summary', () => {
  test('of ours has its exit code and hint', () => {
    expect(errorSummary(new RejectsError('too many', { hint: 'look' }))).toEqual({
      exitCode: 65,
      message: 'too many',
      hint: 'look',
    });
  });

  test.each([new TypeError('x is not a function'), 'thrown text', undefined])(
    'of any other kind is a bug: %o',
    (error) => {
      expect(errorSummary(error)).toMatchObject({
        exitCode: 70,
        message: expect.stringContaining('a bug in cronsync'),
      });
    },
  );
});

describe('the report of a run', () => {
  const holder = { token: 't', host: 'h', pid: 7, run: 'r1', startedAt: '2026-01-31T12:00:00.000Z' };
  const aReport = () => new RunReport({ name: 'crm', adapter: 'acme', version: '0.1.0', holder }, 1000);
  const started: RunRow = {
    ...{ run: 'r1', holder: 'h:7', adapter: 'acme', version: '0.1.0', startedAt: new Date(1000) },
    ...{ endedAt: null, outcome: null, exitCode: null },
    ...{ hits: 0, pages: 0, counts: noChanges, rejected: 0, error: null },
  };
  const taken = { counts: { created: 2, updated: 1, deleted: 0 }, records: 5, rejected: 1, duplicates: 1 };

  test('adds up pages, and what each commit changed, whether its page was finished or not', () => {
    const report = aReport();
    report.due();
    report.hit();
    report.wrote('people', taken.counts);
    report.tookPage('people', taken);
    report.wrote('people', taken.counts);
    report.tookPage('people', taken);
    report.wrote('cities', { ...noChanges, deleted: 8 });
    expect(report.summary(1500, null)).toMatchObject({
      outcome: 'done',
      tookMs: 500,
      hits: 1,
      pages: 2,
      records: 10,
      rejected: 2,
      duplicates: 2,
      counts: { created: 4, updated: 2, deleted: 8 },
    });
  });

  test('reports each error once, and each warning once', () => {
    const report = aReport();
    for (let n = 0; n < 3; n += 1) {
      report.met(new CredentialsError('refused'));
      report.warn('careful');
    }
    expect(report.summary(1500, null)).toMatchObject({ exitCode: 77, warnings: ['careful'] });
    expect(report.summary(1500, null).errors).toHaveLength(1);
  });

  test('does not take a stop from outside for an error', () => {
    const report = aReport();
    report.met(undefined);
    expect(report.summary(1500, ExitCode.sigterm)).toMatchObject({ outcome: 'stopped', errors: [] });
  });

  test('repeats what started a back-off, with its exit code and its end', () => {
    const report = aReport();
    report.throttled(new ThrottledError(90_000, { exitCode: 77, message: 'the token is refused' }));
    report.backingOff('customers', { until: 61_000, cause: { exitCode: 69, message: 'HTTP 500' } }, 1000);
    expect(report.summary(1500, null)).toMatchObject({
      outcome: 'failed',
      exitCode: 77,
      nextSlotInMs: 90_000,
      errors: [
        {
          exitCode: 77,
          hint: 'The back-off ends in 1m 30s; no hit is made before that. Changed credentials are tried at once.',
        },
        { exitCode: 69, hint: 'No hit was made for customers. A run in 1m or later tries again.' },
      ],
    });
  });

  test('adds up what was relayed, and reports whether the stream is full now', () => {
    const report = aReport();
    report.relayed({ appended: 3, at: null, outcome: 'paused' });
    expect(report.summary(1500, null)).toMatchObject({
      relayed: 3,
      isRelayPaused: true,
      warnings: [expect.any(String)],
    });
    report.relayed({ appended: 4, at: null, outcome: 'caught-up' });
    expect(report.summary(1500, null)).toMatchObject({ relayed: 7, isRelayPaused: false });
  });

  test('writes the row of the run as its summary has it', () => {
    const report = aReport();
    report.met(new UnreachableError('away', { hint: 'Wait.' }));
    const timeline = new Timeline();
    timeline.answered(503);
    expect(report.row(1500, null, timeline)).toEqual({
      ...started,
      endedAt: new Date(1500),
      outcome: 'failed',
      exitCode: 69,
      error: 'away',
      hint: 'Wait.',
      statuses: { 503: 1 },
      phases: [],
      resources: [],
      slotWaitMs: 0,
    });
  });

  test('has a row without an end while the run works', () => {
    expect(aReport().started()).toEqual(started);
  });
});
