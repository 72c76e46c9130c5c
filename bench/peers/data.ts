import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { csvLine, customer, writeCustomers } from '../records.ts';

/** What is measured with each tool, in this order: each phase is one start of the tool on another version of the same file. */
export const phases = ['load', 'unchanged', 'changed', 'every', 'gone'] as const;
export type Phase = (typeof phases)[number];

/** What a table must have after a phase, with and without what has vanished from the file. */
export interface Expected {
  readonly live: number;
  readonly all: number;
  /** How many rows are in the state that the phase brings. */
  readonly inState: number;
  readonly state: string;
}

/** The versions of one export: files of newline-delimited JSON. */
export interface Data {
  readonly rows: number;
  readonly bytes: number;
  readonly files: Readonly<Record<Phase, string>>;
  /** The first version as CSV. */
  readonly csv: string;
  readonly expected: Readonly<Record<Phase, Expected>>;
}

const isGone = (n: number) => n % 1000 === 1;
const isChanged = (n: number) => n % 100 === 0;

/** Writes all versions: everything; one in a hundred changed and one in a thousand gone; the rest changed; a single record. */
export async function writeData(folder: string, rows: number): Promise<Data> {
  const path = (name: string) => join(folder, `customers-${name}.jsonl`);
  const files = {
    load: path('load'),
    unchanged: path('load'),
    changed: path('changed'),
    every: path('every'),
    gone: path('gone'),
  };
  const bytes = await writeCustomers(files.load, rows);
  await writeCustomers(files.changed, rows, (n) => (isGone(n) ? null : customer(n, isChanged(n) ? 1 : 0)));
  await writeCustomers(files.every, rows, (n) => (isGone(n) ? null : customer(n, 2)));
  await writeCustomers(files.gone, 1, (n) => customer(n, 2));
  const csv = join(folder, 'customers.csv');
  await writeCsv(csv, rows);
  const left = rows - countOf(rows, isGone);
  return {
    ...{ rows, bytes, files, csv },
    expected: {
      load: { live: rows, all: rows, state: 'active', inState: rows },
      unchanged: { live: rows, all: rows, state: 'active', inState: rows },
      changed: { live: left, all: rows, state: 'moved', inState: countOf(rows, isChanged) },
      every: { live: left, all: rows, state: 'closed', inState: left },
      gone: { live: 1, all: rows, state: 'closed', inState: 1 },
    },
  };
}

function countOf(rows: number, is: (n: number) => boolean): number {
  let count = 0;
  for (let n = 0; n < rows; n += 1) if (is(n)) count += 1;
  return count;
}

async function writeCsv(file: string, rows: number): Promise<void> {
  const out = createWriteStream(file);
  for (let from = 0; from < rows; from += 10_000) {
    const length = Math.min(10_000, rows - from);
    const lines = Array.from({ length }, (_, n) => `${csvLine(customer(from + n))}\n`);
    if (!out.write(lines.join(''))) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}
