import { describe, expect, test, vi } from 'vitest';
import { changes, count, many } from '../../../src/cli/output/numbers.ts';
import { showProgress } from '../../../src/cli/output/progress.ts';
import { reportFailure } from '../../../src/cli/output/report-error.ts';
import { printSummary } from '../../../src/cli/output/summary.ts';
import { ConfigError, LockHeldError } from '../../../src/errors.ts';
import type { ResourceSummary, Summary } from '../../../src/run/summary.ts';
import { aTerminal } from '../a-terminal.ts';

const plain = aTerminal();

describe('numbers for people', () => {
  test.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1_234_567, '1,234,567'],
    [100_000, '100,000'],
  ])('%i is %s', (number, text) => {
    expect(count(number)).toBe(text);
  });

  test('have a noun that agrees', () => {
    expect([0, 1, 2, 1000].map((number) => many(number, 'hit'))).toEqual(['0 hits', '1 hit', '2 hits', '1,000 hits']);
  });

  test('show what changed, and only that', () => {
    expect(changes({ created: 1200, updated: 5, deleted: 1 }, plain.out)).toBe('+1,200 ~5 -1');
    expect(changes({ created: 0, updated: 5, deleted: 0 }, plain.out)).toBe('~5');
    expect(changes({ created: 0, updated: 0, deleted: 0 }, plain.out)).toBe('no changes');
  });
});

const pass: ResourceSummary = {
  resource: 'customers',
  pass: 4,
  phase: 'walking',
  pages: 2,
  records: 1000,
  held: null,
  emptied: null,
  updates: null,
  heldTokens: { deletes: null, updates: null },
};
const summary = (changed: Partial<Summary> = {}): Summary => ({
  name: 'crm',
  run: 'r1',
  adapter: 'acme',
  outcome: 'done',
  exitCode: 0,
  startedAt: '2026-01-31T12:00:00.000Z',
  tookMs: 850,
  hits: 1,
  pages: 1,
  records: 500,
  rejected: 0,
  duplicates: 0,
  counts: { created: 3, updated: 0, deleted: 1 },
  relayed: 4,
  isRelayPaused: false,
  nextSlotInMs: null,
  pause: null,
  resources: [],
  errors: [],
  warnings: [],
  ...changed,
});

describe('the summary of a run', () => {
  const nothing = { pages: 0, hits: 0, counts: { created: 0, updated: 0, deleted: 0 } };
  test.each<[Partial<Summary>, string]>([
    [{}, 'crm done: +3 -1 in 500 records; 1 page, 1 hit (850ms)'],
    [{ outcome: 'not-due', ...nothing }, 'crm not-due: nothing is due (850ms)'],
    [
      { outcome: 'throttled', nextSlotInMs: 42_000, ...nothing },
      'crm throttled: no hit; the next slot frees in 42s (850ms)',
    ],
    [
      { outcome: 'partial', resources: [pass] },
      'crm partial: +3 -1 in 500 records; 1 page, 1 hit; pass 4 of customers goes on after 2 pages and 1,000 records (850ms)',
    ],
    [{ rejected: 2 }, 'crm done: +3 -1 in 500 records; 2 rejected; 1 page, 1 hit (850ms)'],
    [{ isRelayPaused: true }, 'crm done: +3 -1 in 500 records; 1 page, 1 hit; the stream is full (850ms)'],
    [{ pages: 0, hits: 0, counts: { created: 0, updated: 0, deleted: 7 } }, 'crm done: -7 (850ms)'],
    [{ outcome: 'failed', ...nothing }, 'crm failed: nothing was written (850ms)'],
  ])('is one line: %o', (changed, line) => {
    const terminal = aTerminal();
    printSummary(summary(changed), terminal);
    expect(terminal.printed).toEqual([line]);
    expect(terminal.reported).toEqual([]);
  });

  const bad = summary({
    outcome: 'failed',
    warnings: ['the stream is full'],
    errors: [{ exitCode: 69, message: 'HTTP 500', hint: 'wait' }],
  });

  test('prints warnings and errors on stderr, also with --quiet', () => {
    for (const isQuiet of [false, true]) {
      const terminal = aTerminal({ isQuiet });
      printSummary(bad, terminal);
      expect(terminal.reported).toEqual(['warn the stream is full', 'cronsync: HTTP 500', 'hint: wait']);
      expect(terminal.printed).toHaveLength(isQuiet ? 0 : 1);
    }
  });

  test('prints nothing with --quiet if all went well', () => {
    const terminal = aTerminal({ isQuiet: true });
    printSummary(summary(), terminal);
    expect([terminal.printed, terminal.reported]).toEqual([[], []]);
  });

  test('is one JSON document with --json, and nothing else', () => {
    const terminal = aTerminal({ isJson: true });
    printSummary(bad, terminal);
    expect(terminal.printed.map((line) => JSON.parse(line))).toEqual([bad]);
    expect(terminal.reported).toEqual([]);
  });
});

test('with a log in JSON the summary is a line of it, and so is each error', () => {
  const terminal = aTerminal({ logFormat: 'json' });
  printSummary({ ...summary(), errors: [{ exitCode: 69, message: 'HTTP 500', hint: 'wait' }] }, terminal);
  expect(terminal.printed).toEqual([]);
  expect(terminal.logged).toMatchObject([
    { level: 'info', outcome: 'done', message: expect.stringContaining('crm done') },
    { level: 'error', message: 'HTTP 500', hint: 'wait', exitCode: 69 },
  ]);
});

describe('an error that ends a command', () => {
  test('is reported with its hint, and returns its exit code', () => {
    const terminal = aTerminal({ colours: true });
    expect(reportFailure(new ConfigError('no config', { hint: 'sync init' }), terminal)).toBe(78);
    expect(terminal.reported).toEqual(['<red cronsync:> no config', '<dim hint:> sync init']);
  });

  test('is yellow, not red, if the lock is held', () => {
    const terminal = aTerminal({ colours: true });
    expect(reportFailure(new LockHeldError('held by run r1'), terminal)).toBe(75);
    expect(terminal.reported).toEqual(['<yellow cronsync:> held by run r1']);
  });

  test('is one JSON document with --json', () => {
    const terminal = aTerminal({ isJson: true });
    reportFailure(new ConfigError('no config', { hint: 'sync init' }), terminal);
    expect(terminal.printed.map((line) => JSON.parse(line))).toEqual([
      { outcome: 'failed', exitCode: 78, errors: [{ exitCode: 78, message: 'no config', hint: 'sync init' }] },
    ]);
    expect(terminal.reported).toEqual([]);
  });

  test('of an unknown kind is a bug', () => {
    const terminal = aTerminal();
    expect(reportFailure(new TypeError('x is undefined'), terminal)).toBe(70);
    expect(terminal.reported[0]).toContain('a bug in cronsync: TypeError: x is undefined');
  });

  test('logs its cause at the level debug', () => {
    const terminal = aTerminal();
    reportFailure(new ConfigError('no config', { cause: new Error('ENOENT') }), terminal);
    expect(terminal.reported.at(-1)).toBe('debug caused by Error: ENOENT');
  });
});

describe('progress on a terminal', () => {
  test('shows resource, page and records, and is removed at the end', () => {
    const terminal = aTerminal({ isInteractive: true });
    {
      using progress = showProgress(terminal);
      progress.records('customers', 500);
      progress.page('customers', 1);
      progress.records('customers', 1);
      progress.page('customers', 2);
    }
    expect(terminal.shown.some((line) => line.startsWith('▸ customers page 2  500 records'))).toBe(true);
    expect(terminal.shown.at(-2)).toMatch(/^▸ customers page 3 {2}501 records {2}[\d,]+\/s$/);
    expect(terminal.shown.at(-1)).toBe('');
  });

  test('counts down while a slot is waited for', () => {
    const terminal = aTerminal({ isInteractive: true });
    {
      using progress = showProgress(terminal);
      progress.waiting(90_000);
    }
    expect(terminal.shown[0]).toMatch(/^◷ next slot in 1m 30s {2}Ctrl-C loses nothing/);
  });

  test('shows that the answer is waited for, before the first page and when the slot is free', () => {
    vi.useFakeTimers();
    try {
      const terminal = aTerminal({ isInteractive: true });
      using progress = showProgress(terminal);
      vi.advanceTimersByTime(1000);
      expect(terminal.shown.at(-1)).toBe('◷ waiting for the third party  Ctrl-C loses nothing');
      progress.records('customers', 500);
      progress.page('customers', 1);
      progress.waiting(900);
      expect(terminal.shown.at(-1)).toMatch(/^◷ next slot in 900ms {2}1 page {2}500 records {2}[\d,]+\/s {2}Ctrl-C/);
      vi.advanceTimersByTime(1000);
      expect(terminal.shown.at(-1)).toMatch(
        /^◷ waiting for the third party {2}1 page {2}500 records {2}[\d,]+\/s {2}Ctrl-C loses nothing$/,
      );
    } finally {
      vi.useRealTimers();
    }
  });

  test('keeps pages, records and the rate beside the countdown', () => {
    const terminal = aTerminal({ isInteractive: true });
    {
      using progress = showProgress(terminal);
      progress.records('customers', 500);
      progress.page('customers', 1);
      progress.records('orders', 20);
      progress.page('orders', 1);
      progress.waiting(90_000);
      progress.records('orders', 1);
      progress.page('orders', 2);
    }
    expect(terminal.shown.find((line) => line.startsWith('◷'))).toMatch(
      /^◷ next slot in 1m 30s {2}2 pages {2}520 records {2}[\d,]+\/s {2}Ctrl-C loses nothing/,
    );
    expect(terminal.shown.at(-2)).toMatch(/^▸ orders page 3 {2}521 records/);
  });

  test('starts no countdown if the terminal is not interactive', () => {
    const terminal = aTerminal();
    using progress = showProgress(terminal);
    progress.waiting(90_000);
    expect(terminal.shown).toEqual([]);
  });
});
