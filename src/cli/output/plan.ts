import type { Change } from '../../change.ts';
import type { DryPlan } from '../../dry-run/dry-run.ts';
import type { ResourcePlan } from '../../dry-run/resource-plan.ts';
import { formatDuration } from '../../duration.ts';
import { fieldsJson } from '../../event.ts';
import type { Resource } from '../../pass/resource.ts';
import type { Column, Value } from '../../record.ts';
import type { Spool } from '../../spool.ts';
import { differingIn } from '../../verify/findings.ts';
import type { Terminal } from '../terminal.ts';
import { differenceOf } from './difference.ts';
import { changes, count, many } from './numbers.ts';
import { printable } from './printable.ts';
import { reportError } from './report-error.ts';
import { fitted, widthOf } from './width.ts';

/** How many changes of each kind are shown; `--json` shows all. */
const shownPerKind = 10;
const widestValue = 60;
/** How wide a summary is, and a difference, where stdout is not a terminal. */
const widestSummary = 100;
const usualColumns = 80;

/** Prints a plan for people: counts, the guard's verdict, and a sample of the changes, field by field. */
export function printPlan(plan: DryPlan, resources: readonly Resource[], spool: Spool, terminal: Terminal): void {
  for (const planned of plan.resources) {
    const resource = resources.find(({ table }) => table.resource === planned.resource);
    if (resource) printResource(planned, resource, spool, terminal);
  }
  printWait(plan, terminal);
  terminal.print(terminal.out.dim(`dry run with ${plan.adapter}: ${many(plan.hits, 'hit')}, nothing was written`));
  for (const error of plan.errors) reportError(error, terminal);
}

/** Prints why a plan is incomplete, if it could not get a slot. */
export function printWait({ nextSlotInMs }: DryPlan, { print, out }: Terminal): void {
  if (nextSlotInMs === null) return;
  const wait = formatDuration(nextSlotInMs);
  print(out.yellow(`no slot was free in time; the next one frees in ${wait}; "--wait 1h" waits for each page`));
}

/** Prints a plan for programs: one JSON document with every change, written as it is read from the spool. */
export function printPlanJson(plan: DryPlan, resources: readonly Resource[], spool: Spool, terminal: Terminal): void {
  const { resources: planned, ...rest } = plan;
  terminal.print(`${JSON.stringify(rest).slice(0, -1)},"resources":[`);
  for (const [at, one] of planned.entries()) {
    terminal.print(`${at > 0 ? ',' : ''}${JSON.stringify(one).slice(0, -1)},"changes":[`);
    const columns = resources.find(({ table }) => table.resource === one.resource)?.table.mapped ?? [];
    let separator = '';
    for (const change of spool.changes(one.resource)) {
      terminal.print(separator + changeJson(change, columns));
      separator = ',';
    }
    terminal.print(']}');
  }
  terminal.print(']}');
}

function printResource(planned: ResourcePlan, { table }: Resource, spool: Spool, terminal: Terminal): void {
  const { out, print } = terminal;
  const summary = `${changes(planned.counts, out)}  ${out.dim(`${count(planned.unchanged)} unchanged`)}`;
  print(`${out.bold(planned.resource)}  ${isUnread(planned) ? out.yellow(unread) : summary}`);
  for (const note of notesOf(planned, table.table)) print(`  ${out.yellow(note)}`);
  const shown = { created: 0, updated: 0, deleted: 0 };
  const empty = new Set(table.mapped.keys());
  for (const change of spool.changes(planned.resource)) {
    shown[change.type] += 1;
    if (change.type === 'created') for (const at of empty) if (change.after[at] !== null) empty.delete(at);
    if (shown[change.type] <= shownPerKind) printChange(change, table.mapped, terminal);
  }
  for (const kind of ['created', 'updated', 'deleted'] as const) {
    const more = shown[kind] - shownPerKind;
    if (more > 0) print(out.dim(`  … and ${count(more)} more ${kind}; --json shows all`));
  }
  if (shown.created <= 1) return;
  for (const at of empty) {
    const name = printable(table.mapped[at]?.name ?? '');
    print(
      out.yellow(`  ${name} is null in all ${count(shown.created)} created records: if the API has it, fix the map`),
    );
  }
}

const unread = 'no page could be read: what would change is unknown';

function isUnread({ pages, isComplete }: ResourcePlan): boolean {
  return pages === 0 && !isComplete;
}

/** What a reader must know beside the changes; above all, whether the deletions would happen. */
export function notesOf(planned: ResourcePlan, table: string): string[] {
  const { isComplete, pages, verdict, drift, emptied, updates, unconfirmed, rejected, duplicates, rejects } = planned;
  return [
    ...planned.table.problems,
    planned.table.exists ? '' : `the table ${table} will be created`,
    planned.table.exists && planned.table.missingColumns.length > 0
      ? `${table} will get the columns ${planned.table.missingColumns.join(', ')}`
      : '',
    isComplete || pages === 0 ? '' : `only ${many(pages, 'page')} could be read: deletions are unknown`,
    verdict?.delete === 'none' ? `nothing would be deleted: ${verdict.because}` : '',
    verdict?.delete === 'held' ? `the guard would hold the deletions: ${verdict.because}` : '',
    drift
      ? `somebody else has changed ${differingIn(drift)} of ${many(drift.compared, 'row')} that were looked up: "cronsync verify" lists them`
      : '',
    emptied ? `the guard would hold ${many(emptied.count, 'value')} back: ${emptied.because}` : '',
    updates ? `the guard would hold the updates: ${updates.because}` : '',
    unconfirmed > 0 ? `${many(unconfirmed, 'record')} missing, and deleted only if the next pass misses them too` : '',
    duplicates > 0 ? `${many(duplicates, 'duplicate')}: the first record of each key counts` : '',
    rejected > 0 ? `${many(rejected, 'record')} would be rejected:` : '',
    ...rejects.map(({ key, reasons }) => `  ${printable(key ?? '(no key)')}: ${printable(reasons.join('; '))}`),
  ].filter(Boolean);
}

/** Prints one change for people, an update field by field. */
export function printChange(change: Change, columns: readonly Column[], terminal: Terminal): void {
  const { out, print } = terminal;
  const sign = { created: out.green('+'), updated: out.yellow('~'), deleted: out.red('-') }[change.type];
  const key = printable(change.key);
  print(`  ${sign} ${out.bold(key)}${change.type === 'updated' ? '' : `  ${summaryOf(change, columns, terminal)}`}`);
  if (change.type !== 'updated') return;
  for (const at of change.changed) {
    const column = columns[at];
    if (column) printField(column, change.before[at] ?? null, change.after[at] ?? null, terminal);
  }
}

/** On one line where both values are short, else by what differs between them. */
function printField(column: Column, before: Value, after: Value, { out, print, columns }: Terminal): void {
  const name = printable(column.name);
  const [was, is] = [shortly(before, column), shortly(after, column)];
  const line = `      ${name}: ${was} → ${is}`;
  const isNarrow = columns === undefined || widthOf(line) <= columns;
  if (typeof before !== 'string' || typeof after !== 'string' || (isNarrow && isShort(before) && isShort(after))) {
    print(isNarrow ? `      ${name}: ${out.red(was)} → ${out.green(is)}` : fitted(line, columns));
    return;
  }
  print(`      ${name}:`);
  const room = { paint: out, columns: (columns ?? usualColumns) - 8 };
  for (const difference of differenceOf(before, after, column.kind, room)) print(`        ${difference}`);
}

function summaryOf(
  change: Exclude<Change, { type: 'updated' }>,
  mapped: readonly Column[],
  { out, columns }: Terminal,
): string {
  const values = change.type === 'created' ? change.after : (change.before ?? []);
  const fields = mapped.flatMap((column, at) => {
    const value = values[at] ?? null;
    return value === null || String(value) === change.key ? [] : [`${column.name}=${shortly(value, column)}`];
  });
  const room = columns === undefined ? widestSummary : columns - widthOf(printable(change.key)) - 6;
  return out.dim(fitted(fields.join(' '), Math.max(room, 20)));
}

function isShort(value: string): boolean {
  return value.length <= widestValue && !value.includes('\n');
}

/** A value in one line, JSON as it is and text in quotes. */
function shortly(value: Value, { kind }: Column): string {
  const text = typeof value === 'string' && kind !== 'json' ? JSON.stringify(value) : String(value);
  return printable(text.length > widestValue ? `${text.slice(0, widestValue)}…` : text);
}

/** A change as JSON, with its fields as in events. */
export function changeJson(change: Change, columns: readonly Column[]): string {
  const { type, key } = change;
  const before = change.type === 'created' ? null : change.before;
  const after = change.type === 'deleted' ? null : change.after;
  const changed = change.type === 'updated' ? change.changed.map((at) => columns[at]?.name) : undefined;
  return (
    `{"type":"${type}","key":${JSON.stringify(key)},"before":${fieldsJson(before, columns)},` +
    `"after":${fieldsJson(after, columns)}${changed ? `,"changed":${JSON.stringify(changed)}` : ''}}`
  );
}
