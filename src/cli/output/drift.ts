import type { DriftCounts, DriftedRow } from '../../drift.ts';
import type { ExitCode } from '../../errors.ts';
import type { ResourceTable } from '../../table.ts';
import { differingIn } from '../../verify/findings.ts';
import { repairAdvice } from '../../verify/sentences.ts';
import type { Terminal } from '../terminal.ts';
import { count, many } from './numbers.ts';
import { printable } from './printable.ts';

type Named = Pick<ResourceTable, 'resource' | 'table'>;

/** Prints the rows that differ while they are found. */
export interface DriftPrinter {
  begin(table: Named): void;
  row(row: DriftedRow): void;
  end(table: Named, counts: DriftCounts): void;
  close(exitCode: ExitCode): void;
}

export function driftPrinter(name: string, isRepair: boolean, terminal: Terminal): DriftPrinter {
  return terminal.isJson ? new JsonPrinter(name, isRepair, terminal.print) : new LinePrinter(isRepair, terminal);
}

/** One line for each row, and one for each resource. */
class LinePrinter implements DriftPrinter {
  readonly #isRepair: boolean;
  readonly #terminal: Terminal;

  constructor(isRepair: boolean, terminal: Terminal) {
    this.#isRepair = isRepair;
    this.#terminal = terminal;
  }

  begin(): void {}

  row(row: DriftedRow): void {
    const { isQuiet, print, out } = this.#terminal;
    if (!isQuiet) print(`  ${out.yellow(wordsOf(row))} ${printable(row.key)}`);
  }

  end(table: Named, counts: DriftCounts): void {
    const { isQuiet, print, out } = this.#terminal;
    const differing = differingIn(counts);
    if (isQuiet && differing === 0) return;
    const { unknown } = counts;
    const compared = `${out.bold(table.resource)}  ${many(counts.compared, 'row')} compared`;
    const left = unknown > 0 ? `; ${count(unknown)} could not be compared: they wait for the next pass` : '';
    const differ = `${count(differing)} ${differing === 1 ? 'differs' : 'differ'} (${partsOf(counts)})`;
    print(`${compared}: ${differing > 0 ? out.red(differ) : 'none differs'}${left}`);
    if (differing > 0) print(this.#isRepair ? '  The next pass writes them again.' : `  ${repairAdvice(table)}.`);
  }

  close(): void {}
}

/** `1 missing, 3 changed`: what there is none of is left out. */
function partsOf({ missing, changed, marked }: DriftCounts): string {
  const parts = { missing, changed, 'marked as deleted': marked };
  return Object.entries(parts)
    .filter(([, rows]) => rows > 0)
    .map(([what, rows]) => `${count(rows)} ${what}`)
    .join(', ');
}

/** One document, which may be large: it is printed in parts. */
class JsonPrinter implements DriftPrinter {
  readonly #name: string;
  readonly #isRepair: boolean;
  readonly #print: (line: string) => void;
  #resources = 0;
  #rows = 0;

  constructor(name: string, isRepair: boolean, print: (line: string) => void) {
    this.#name = name;
    this.#isRepair = isRepair;
    this.#print = print;
  }

  begin({ resource }: Named): void {
    const head = `{"name":${JSON.stringify(this.#name)},"isRepair":${this.#isRepair},"resources":[`;
    this.#print(`${this.#resources === 0 ? head : ','}{"resource":${JSON.stringify(resource)},"rows":[`);
    this.#resources += 1;
    this.#rows = 0;
  }

  row({ key, is, fields }: DriftedRow): void {
    this.#print(`${this.#rows > 0 ? ',' : ''}${JSON.stringify({ key, is, fields })}`);
    this.#rows += 1;
  }

  end(_table: Named, counts: DriftCounts): void {
    this.#print(`],${JSON.stringify(counts).slice(1)}`);
  }

  close(exitCode: ExitCode): void {
    this.#print(`],"exitCode":${exitCode}}`);
  }
}

function wordsOf({ is, fields }: DriftedRow): string {
  if (is !== 'changed') return is === 'missing' ? 'missing' : 'marked as deleted';
  return fields === null ? 'changed' : `changed (${fields.join(', ')})`;
}
