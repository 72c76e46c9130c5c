import type { Change } from '../../change.ts';
import type { DryPlan } from '../../dry-run/dry-run.ts';
import type { ResourcePlan } from '../../dry-run/resource-plan.ts';
import type { Resource } from '../../pass/resource.ts';
import type { Column } from '../../record.ts';
import type { Spool } from '../../spool.ts';
import type { Terminal } from '../terminal.ts';
import { count, many } from './numbers.ts';
import { changeJson, notesOf, printChange, printWait } from './plan.ts';
import { reportError } from './report-error.ts';

/** A dry run with another third party, and where the data comes from now. */
export interface SwapPlan {
  readonly plan: DryPlan;
  /** The adapter of the last run; null if there was no run yet. */
  readonly from: string | null;
  readonly resources: readonly Resource[];
  readonly spool: Spool;
}

/** How many changes of each kind are shown; `cronsync run --dry-run --adapter NAME --json` has all. */
const shownPerKind = 5;

/** Prints for people what a swap would change: how many, in which fields, whether the deletions would happen, and examples. */
export function printSwap({ plan, from, resources, spool }: SwapPlan, terminal: Terminal): void {
  const { out, print } = terminal;
  print(from === null ? `to ${out.bold(plan.adapter)}` : `from ${out.bold(from)} to ${out.bold(plan.adapter)}`);
  for (const planned of plan.resources) {
    const table = tableOf(planned, resources);
    if (table) printResource(planned, table, sampleOf(spool.changes(planned.resource), table.mapped), terminal);
  }
  printWait(plan, terminal);
  print(
    out.dim(
      `${many(plan.hits, 'hit')}, nothing was written; the swap itself is "adapter": "${plan.adapter}" in the config`,
    ),
  );
  for (const error of plan.errors) reportError(error, terminal);
}

/** The same for programs, as one JSON document. */
export function printSwapJson(swap: SwapPlan, terminal: Terminal): void {
  terminal.print(swapJson(swap));
}

/** What `--json` prints, and what `--keep` stores. */
export function swapJson({ plan, from, resources, spool }: SwapPlan): string {
  const { adapter: to, resources: planned, ...rest } = plan;
  const parts = planned.map((one) => resourceJson(one, tableOf(one, resources)?.mapped ?? [], spool));
  const head = JSON.stringify({ from, to, ...rest }).slice(0, -1);
  return `${head},"resources":[${parts.join(',')}]}`;
}

function tableOf({ resource }: ResourcePlan, resources: readonly Resource[]) {
  return resources.find(({ table }) => table.resource === resource)?.table;
}

function printResource(planned: ResourcePlan, table: Resource['table'], sample: Sample, terminal: Terminal): void {
  const { out, print } = terminal;
  const { counts, unchanged, rejected, recognised } = planned;
  const fields = Object.entries(sample.fields).map(([field, times]) => `${field} ${count(times)}`);
  const parts = [
    `${count(unchanged)} equal`,
    `${count(counts.updated)} updated${fields.length > 0 ? ` (${fields.join(', ')})` : ''}`,
    `${count(counts.created)} created`,
    `${count(counts.deleted)} deleted`,
    `${count(rejected)} rejected`,
  ];
  print(`${out.bold(planned.resource)}  ${parts.join(', ')}`);
  if (recognised) {
    const { alias, match, key, none } = recognised;
    const by = [
      `${count(alias)} known from before`,
      `${count(match)} by ${table.match?.join(' and ')}`,
      `${count(key)} by key`,
    ];
    print(out.dim(`  recognised: ${by.join(', ')}; new: ${count(none)}`));
  }
  for (const note of notesOf(planned, table.table)) print(`  ${out.yellow(note)}`);
  if (planned.verdict?.delete === 'all' && counts.deleted > 0) print('  the guard allows the deletions');
  for (const change of sample.examples) printChange(change, table.mapped, terminal);
}

interface Sample {
  /** How many updates change each field. */
  readonly fields: Readonly<Record<string, number>>;
  readonly examples: readonly Change[];
}

function sampleOf(changes: Iterable<Change>, columns: readonly Column[]): Sample {
  const fields: Record<string, number> = {};
  const shown = { created: 0, updated: 0, deleted: 0 };
  const examples: Change[] = [];
  for (const change of changes) {
    shown[change.type] += 1;
    if (shown[change.type] <= shownPerKind) examples.push(change);
    for (const at of change.type === 'updated' ? change.changed : []) {
      const name = columns[at]?.name ?? '';
      fields[name] = (fields[name] ?? 0) + 1;
    }
  }
  return { fields, examples };
}

function resourceJson(planned: ResourcePlan, columns: readonly Column[], spool: Spool): string {
  const { unchanged: equal, counts, ...rest } = planned;
  const { fields, examples } = sampleOf(spool.changes(planned.resource), columns);
  const head = JSON.stringify({ ...rest, equal, ...counts, fields }).slice(0, -1);
  return `${head},"examples":[${examples.map((change) => changeJson(change, columns)).join(',')}]}`;
}
