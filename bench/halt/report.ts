import { describeMachine, median } from '../machine.ts';
import type { Met } from './system.ts';
import type { Seen } from './watch.ts';
import type { Phase } from './writers.ts';

/** One phase of one turn. */
export interface Measured extends Met, Seen {
  readonly what: Phase | 'idle';
  readonly who: 'nobody' | 'psql' | 'cronsync' | 'cronsync, all cores';
  /** Transactions of the writer. */
  readonly batches: number;
  readonly tookMs: number;
}

/** The same phase of all turns. */
export interface Line extends Seen {
  readonly what: Measured['what'];
  readonly who: Measured['who'];
  readonly batches: number;
  readonly tookMs: number;
  readonly transactions: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface Size {
  readonly total: number;
  readonly rounds: number;
  readonly controls: number;
}

const longestWaitMs = 300;
const titles = { idle: 'idle', load: 'first load', update: 'update of every row', remove: 'delete of every row' };

/** The medians of the turns for the writer; all transactions together, and the worst lock, for the system. */
export function lineOf(turns: readonly Measured[]): Line {
  const [first] = turns;
  if (!first) throw new Error('nothing was measured');
  const took = turns.flatMap((turn) => turn.took).sort((a, b) => a - b);
  const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? Number.NaN;
  return {
    what: first.what,
    who: first.who,
    batches: median(turns.map(({ batches }) => batches)),
    tookMs: median(turns.map(({ tookMs }) => tookMs)),
    transactions: took.length,
    errors: Math.max(...turns.map(({ errors }) => errors)),
    ...{ p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), maxMs: at(1) },
    waitedMs: Math.max(...turns.map(({ waitedMs }) => waitedMs)),
    strongLocks: [...new Set(turns.flatMap(({ strongLocks }) => strongLocks))],
  };
}

/** The page, and whether every goal is met. */
export function report(lines: readonly Line[], { total, rounds, controls }: Size): { text: string; isMet: boolean } {
  const head =
    '| what | who writes | took | transactions | the system: transactions | median | p95 | p99 | longest | waited for a lock | strong locks |';
  const verdicts = judge(lines);
  const text = `# What \`npm run bench:halt\` measured

${total.toLocaleString('en')} rows; the system makes 200 transactions a second on them. ${rounds} rounds, in turn; psql, which is quicker, does it ${controls} times
in all, in as many transactions as cronsync did. Medians of what the writer took; of the system's own transactions all together;
the worst of what must not be (errors, waits for a lock, strong locks). Whoever writes, its client, its sessions of Postgres and its
Redis have one core, and the system has the other to itself. \`cronsync, all cores\`, once, is without that limit: there the three of
them take both cores at times, and the system waits for one.

${[head, '|---|---|---|---|---|---|---|---|---|---|---|', ...lines.map(rowOf)].join('\n')}

${verdicts.map(([isMet, says]) => `- ${isMet ? 'met' : '**missed**'}: ${says}`).join('\n')}
- p99 with all cores, beside psql with one: ${ratios(lines, 'cronsync, all cores', 'psql')}
- p99 than idle: ${ratios(lines, 'cronsync', 'nobody')}; psql ${ratios(lines, 'psql', 'nobody')}

${describeMachine()}, ${new Date().toISOString().slice(0, 10)}.
`;
  return { text, isMet: verdicts.every(([isMet]) => isMet) };
}

function rowOf(line: Line): string {
  const times = [line.p50Ms, line.p95Ms, line.p99Ms, line.maxMs, line.waitedMs];
  const ms = times.map((each) => `${each.toFixed(1)} ms`).join(' | ');
  const took = `${(line.tookMs / 1000).toFixed(1)} s`;
  const strong = line.strongLocks.join(', ') || 'none';
  return `| ${titles[line.what]} | ${line.who} | ${took} | ${line.batches} | ${line.transactions} | ${ms} | ${strong} |`;
}

type Verdict = readonly [isMet: boolean, says: string];

function judge(lines: readonly Line[]): Verdict[] {
  const ours = lines.filter(({ who }) => who.startsWith('cronsync'));
  const alike = lines.filter(({ who }) => who === 'cronsync');
  return [
    [lines.every(({ errors }) => errors === 0), 'the system met no error'],
    [
      ours.every(({ waitedMs }) => waitedMs <= longestWaitMs),
      `no wait of the system's for a lock of ours over ${longestWaitMs} ms`,
    ],
    [ours.every(({ strongLocks }) => strongLocks.length === 0), "nothing above ROW EXCLUSIVE on the system's table"],
    [
      alike.every((line) => line.p99Ms <= p99Of(lines, 'psql', line.what)),
      `the system's p99 no worse than beside psql (${ratios(lines, 'cronsync', 'psql')})`,
    ],
  ];
}

function ratios(lines: readonly Line[], who: Line['who'], beside: Line['who']): string {
  return lines
    .filter((line) => line.who === who)
    .map((line) => `${titles[line.what]} ${(line.p99Ms / p99Of(lines, beside, line.what)).toFixed(2)} ×`)
    .join(', ');
}

function p99Of(lines: readonly Line[], who: Line['who'], what: Line['what']): number {
  return lines.find((line) => line.who === who && (who === 'nobody' || line.what === what))?.p99Ms ?? Number.NaN;
}
