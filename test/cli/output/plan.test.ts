import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { printPlan, printPlanJson } from '../../../src/cli/output/plan.ts';
import { widthOf } from '../../../src/cli/output/width.ts';
import { type DryPlan, hasChanges } from '../../../src/dry-run/dry-run.ts';
import type { ResourcePlan } from '../../../src/dry-run/resource-plan.ts';
import type { Resource } from '../../../src/pass/resource.ts';
import type { Column } from '../../../src/record.ts';
import type { Spool } from '../../../src/spool.ts';
import { createSpool } from '../../../src/targets/sqlite/spool.ts';
import { aGuard } from '../../pass/a-pass.ts';
import { aTerminal } from '../a-terminal.ts';

const mapped: readonly Column[] = [
  { name: 'id', kind: 'text' },
  { name: 'email', kind: 'text' },
  { name: 'visits', kind: 'integer' },
  { name: 'tags', kind: 'json' },
];
const resource: Resource = {
  table: { resource: 'customers', table: 'clients', key: ['id'], columns: mapped, mapped, onDelete: 'soft' },
  prepare: (raw) => ({ key: null, reasons: [], raw }),
  hash: () => '',
  shape: 'shape',
  everyMs: 0,
  maxRejectRatio: 0.05,
  maxPages: 10,
  guard: aGuard,
};
const planned = (changed: Partial<ResourcePlan> = {}): ResourcePlan => ({
  resource: 'customers',
  isComplete: true,
  pages: 1,
  records: 3,
  rejected: 0,
  rejects: [],
  hasTooManyRejects: false,
  duplicates: 0,
  hasTooManyDuplicates: false,
  isIncomplete: false,
  unchanged: 1234,
  counts: spool.counts('customers'),
  drift: null,
  unconfirmed: 0,
  verdict: { delete: 'all' },
  emptied: null,
  updates: null,
  table: { exists: true, missingColumns: [], problems: [] },
  ...changed,
});
const plan = (resources: readonly ResourcePlan[], changed: Partial<DryPlan> = {}): DryPlan => ({
  name: 'crm',
  adapter: 'acme',
  outcome: 'planned',
  exitCode: 0,
  hits: 1,
  resources,
  errors: [],
  nextSlotInMs: null,
  ...changed,
});

let spool: Spool;
beforeEach(() => {
  spool = createSpool();
});
afterEach(() => spool[Symbol.dispose]());

const big = 2n ** 60n;
function putOneOfEach(): void {
  spool.put('customers', [
    { type: 'created', key: '1', after: ['1', 'a@b.c', null, '["x"]'] },
    { type: 'updated', key: '2', before: ['2', 'old', 1, null], after: ['2', 'new', big, null], changed: [1, 2] },
    { type: 'deleted', key: '3', before: ['3', 'gone', null, '{"n":9007199254740993}'] },
    { type: 'deleted', key: '4', before: null },
  ]);
}
function printed(one: DryPlan): readonly string[] {
  const terminal = aTerminal();
  printPlan(one, [resource], spool, terminal);
  return terminal.printed;
}

describe('a plan for people', () => {
  test('shows every kind of change, updates field by field', () => {
    putOneOfEach();
    expect(printed(plan([planned()]))).toEqual([
      'customers  +1 ~1 -2  1,234 unchanged',
      '  + 1  email="a@b.c" tags=["x"]',
      '  ~ 2',
      '      email: "old" → "new"',
      `      visits: 1 → ${big}`,
      '  - 3  email="gone" tags={"n":9007199254740993}',
      '  - 4  ',
      'dry run with acme: 1 hit, nothing was written',
    ]);
  });

  test('shows ten of a kind, and how many more there are', () => {
    spool.put(
      'customers',
      Array.from({ length: 1500 }, (_, at) => ({
        type: 'created',
        key: String(at),
        after: [String(at), null, null, null],
      })),
    );
    const lines = printed(plan([planned()]));
    expect(lines.filter((line) => line.startsWith('  +'))).toHaveLength(10);
    expect(lines).toContain('  … and 1,490 more created; --json shows all');
  });

  test('names the fields that are null in every created record, of two or more', () => {
    const values = (key: string, visits: bigint | null) => [key, null, visits, null];
    spool.put('customers', [
      { type: 'created', key: '1', after: values('1', null) },
      { type: 'created', key: '2', after: values('2', 5n) },
    ]);
    expect(printed(plan([planned()])).slice(3, -1)).toEqual([
      '  email is null in all 2 created records: if the API has it, fix the map',
      '  tags is null in all 2 created records: if the API has it, fix the map',
    ]);
  });

  test('does not say that nothing changes where no page could be read', () => {
    const unread = planned({ isComplete: false, pages: 0, unchanged: 0, verdict: null });
    expect(printed(plan([unread]))).toEqual([
      'customers  no page could be read: what would change is unknown',
      'dry run with acme: 1 hit, nothing was written',
    ]);
  });

  test('cuts long values short', () => {
    const long = 'x'.repeat(500);
    spool.put('customers', [
      { type: 'updated', key: '2', before: ['2', long, 1, null], after: ['2', null, 1, null], changed: [1] },
    ]);
    expect(printed(plan([planned()])).find((line) => line.includes('→'))).toMatch(/^ {6}email: "x{59}… → null$/);
  });

  test('shows long text and JSON by what differs', () => {
    const tags = (last: string) =>
      JSON.stringify(['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', last]);
    spool.put('customers', [
      {
        type: 'updated',
        key: '2',
        before: ['2', 'first line\nlast line', 1, tags('nine')],
        after: ['2', 'first line\nother line', 1, tags('ten')],
        changed: [1, 3],
      },
    ]);
    expect(printed(plan([planned()])).slice(1, -1)).toEqual([
      '  ~ 2',
      '      email:',
      '          first line',
      '        - last line',
      '        + other line',
      '      tags:',
      '        - [8]: "nine"',
      '        + [8]: "ten"',
    ]);
  });

  test('stays within the columns of a terminal', () => {
    const long = '東京都 '.repeat(50);
    spool.put('customers', [
      { type: 'created', key: '1', after: ['1', long, null, '["x"]'] },
      {
        type: 'updated',
        key: '2',
        before: ['2', long, 1, null],
        after: ['2', null, 1, `["${long}"]`],
        changed: [1, 3],
      },
      {
        type: 'updated',
        key: '3',
        before: ['3', long, 1, '[]'],
        after: ['3', `${long}!`, 1, `["${long}"]`],
        changed: [1, 3],
      },
    ]);
    const terminal = aTerminal({ columns: 60 });
    printPlan(plan([planned()]), [resource], spool, terminal);
    expect(Math.max(...terminal.printed.map(widthOf))).toBeLessThanOrEqual(60);
  });

  test.each<[string, Partial<ResourcePlan>]>([
    ['  only 1 page could be read: deletions are unknown', { isComplete: false, verdict: null }],
    ['  nothing would be deleted: it shifted', { verdict: { delete: 'none', because: 'it shifted' } }],
    ['  the guard would hold the deletions: too many', { verdict: { delete: 'held', because: 'too many' } }],
    [
      '  somebody else has changed 3 of 100 rows that were looked up: "cronsync verify" lists them',
      { drift: { compared: 100, missing: 2, changed: 1, marked: 0, unknown: 0 } },
    ],
    ['  2 records missing, and deleted only if the next pass misses them too', { unconfirmed: 2 }],
    ['  1 record would be rejected:', { rejected: 1 }],
    ['    (no key): id is missing; x', { rejected: 1, rejects: [{ key: null, reasons: ['id is missing', 'x'] }] }],
    ['  the table clients will be created', { table: { exists: false, missingColumns: ['id'], problems: [] } }],
    [
      '  clients will get the columns email, tags',
      { table: { exists: true, missingColumns: ['email', 'tags'], problems: [] } },
    ],
    [
      '  the table belongs to another',
      { table: { exists: true, missingColumns: [], problems: ['the table belongs to another'] } },
    ],
  ])('notes: %s', (line, changed) => {
    expect(printed(plan([planned(changed)]))).toContain(line);
  });

  test('has no notes if there is nothing to note', () => {
    expect(printed(plan([planned()]))).toEqual([
      'customers  no changes  1,234 unchanged',
      'dry run with acme: 1 hit, nothing was written',
    ]);
  });

  test('says how to wait if no slot was free', () => {
    const lines = printed(plan([planned({ isComplete: false })], { outcome: 'partial', nextSlotInMs: 42_000 }));
    expect(lines).toContain('no slot was free in time; the next one frees in 42s; "--wait 1h" waits for each page');
  });
});

describe('a plan for programs', () => {
  function json(one: DryPlan): string {
    const terminal = aTerminal({ isJson: true });
    printPlanJson(one, [resource], spool, terminal);
    return terminal.printed.join('\n');
  }

  test('is one JSON document with every change', () => {
    putOneOfEach();
    const two = plan([planned(), planned({ resource: 'orders' })]);
    const { resources, ...rest } = JSON.parse(json(two));
    const { resources: _planned, ...expected } = two;
    expect(rest).toEqual(expected);
    expect(resources).toMatchObject([
      {
        resource: 'customers',
        unchanged: 1234,
        changes: [
          { type: 'created', key: '1', before: null, after: { id: '1', email: 'a@b.c', visits: null, tags: ['x'] } },
          { type: 'updated', key: '2', after: { email: 'new', visits: String(big) }, changed: ['email', 'visits'] },
          { type: 'deleted', key: '3', before: { email: 'gone' }, after: null },
          { type: 'deleted', key: '4', before: null, after: null },
        ],
      },
      { resource: 'orders', changes: [] },
    ]);
  });

  test('keeps the digits of integers inside of JSON columns', () => {
    putOneOfEach();
    expect(json(plan([planned()]))).toContain('"tags":{"n":9007199254740993}');
  });

  test('is a document even without a resource', () => {
    expect(JSON.parse(json(plan([])))).toMatchObject({ resources: [] });
  });
});

test('a plan has changes where any resource has one', () => {
  expect(hasChanges(plan([planned()]))).toBe(false);
  expect(hasChanges(plan([planned(), planned({ counts: { created: 0, updated: 0, deleted: 1 } })]))).toBe(true);
});
