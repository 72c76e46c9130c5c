import { describeStricter, describeWaiting, isStarving } from '../../throttle.ts';
import type { DatabaseFacts, Facts, RedisFacts, SlotFacts } from '../../verdict/facts.ts';
import { killedRuns } from '../../verdict/problems/runs.ts';
import type { Verdict, VerdictName } from '../../verdict/verdict.ts';
import { clauseOf, lasting, roughly } from '../../verdict/words.ts';
import { fitted, widthOf } from '../output/width.ts';
import type { StatusFlags } from '../program/flags.ts';
import { asTyped } from '../shell-command.ts';
import type { Paint, Terminal } from '../terminal.ts';
import { listenerLines } from './listeners.ts';
import { problemLines } from './problems.ts';
import { resourceLines } from './resources.ts';
import type { Room } from './room.ts';
import { type CellKind, glyphs, sparkline, stripOf } from './strip.ts';
import { wrapped } from './table.ts';

/** So many cells of runs leave room for what they say. */
const stripColumns = 30;

/** The width of the first line where there is no terminal. */
const usualColumns = 80;

/** What a terminal shows, as wide and as high as it is. What is read by a program is broken nowhere. */
export function screenOf(facts: Facts, verdict: Verdict, { all }: StatusFlags, terminal: Terminal): string[] {
  const { columns = Number.POSITIVE_INFINITY, rows, out: paint, command, caller } = terminal;
  return statusLines(facts, verdict, { columns, rows, paint, command, isWhole: all === true, folder: caller.cwd });
}

/** The status as lines for people: the verdict first, then what it rests on, then the problems. */
export function statusLines(facts: Facts, verdict: Verdict, room: Room): string[] {
  const redis = facts.redis.is === 'known' ? facts.redis.value : null;
  const database = facts.database.is === 'known' ? facts.database.value : null;
  const head = [
    headLine(facts, verdict, room),
    ...wrapped(asTyped(verdict.sentence, room.command), room.columns),
    ...(redis ? placeLines(redis, facts, room) : unknownLines('slot', facts.redis, facts.now, room)),
    ...(database ? runLines(database, facts, room) : unknownLines('runs', facts.database, facts.now, room)),
    ...(database ? resourceLines(database, facts, verdict, room) : []),
    ...listenerLines(redis, database, facts, room),
  ];
  return [...head, ...problemLines(verdict, room, head.length)].map((line) => fitted(line, room.columns));
}

const colours: Readonly<Record<VerdictName, 'red' | 'yellow' | 'green' | 'cyan'>> = {
  unknown: 'red',
  paused: 'cyan',
  'never-ran': 'yellow',
  behind: 'red',
  held: 'yellow',
  doubtful: 'yellow',
  'delivering-late': 'yellow',
  'catching-up': 'cyan',
  'in-step': 'green',
};

function headLine({ name, adapter, target }: Facts, { is }: Verdict, { paint, folder, ...room }: Room): string {
  const columns = Number.isFinite(room.columns) ? room.columns : usualColumns;
  const title = is.replaceAll('-', ' ').toUpperCase();
  const left = `${name}  ${title}`;
  const right = fitted(`${adapter} → ${target.replace(`sqlite:${folder}/`, 'sqlite:./')}`, columns - widthOf(left) - 3);
  const gap = ' '.repeat(Math.max(3, columns - widthOf(left) - widthOf(right)));
  return `${paint.bold(name)}  ${paint[colours[is]](title)}${gap}${paint.dim(right)}`;
}

function placeLines({ slots, lock }: RedisFacts, { now, plan }: Facts, { paint }: Room): string[] {
  const [first, ...others] = slots;
  const reasons = slots.flatMap(({ stricter, waitedMs, others: waiting }) => [
    ...(stricter ? [describeStricter(stricter)] : []),
    ...(waitedMs !== null && isStarving({ waitedMs, others: waiting }, plan.windows)
      ? [describeWaiting({ waitedMs, others: waiting })]
      : []),
  ]);
  const slot = first ? slotText(first, others.length > 0) : 'none is needed';
  const held = lock?.holder
    ? `held by ${lock.holder.host}:${lock.holder.pid}${lasting(Date.parse(lock.holder.startedAt), now)}`
    : 'held';
  return [
    `slot   ${slot.padEnd(36)}  lock   ${lock === null ? 'free' : held}`,
    ...others.map((one) => `       ${slotText(one, true)}`),
    ...reasons.map((reason) => `       ${paint.yellow(reason)}`),
  ];
}

function slotText({ key, waitMs }: SlotFacts, isNamed: boolean): string {
  const seconds = Math.ceil(waitMs / 1000);
  const clock =
    waitMs < 3_600_000 ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}` : roughly(waitMs);
  const time = waitMs === 0 ? 'free now' : `next hit in ${clock}`;
  return isNamed ? `${time} (${key})` : time;
}

/** A store that does not answer leaves a question mark and the reason, never a gap. */
function unknownLines(what: string, store: Facts['redis'] | Facts['database'], now: Date, { paint }: Room): string[] {
  if (store.is === 'known') return [];
  return [`${what}   ${paint.red('?')} ${clauseOf(store.because)}${lasting(store.since, now)}`];
}

function runLines(database: DatabaseFacts, facts: Facts, { paint }: Room): string[] {
  if (database.runs.length === 0) return ['runs   none yet'];
  const strip = stripOf(database.runs, killedRuns(database, facts), facts.now, stripColumns);
  const said = [...strip.counts].map(([outcome, count]) => `${count} ${outcome.replace('-', ' ')}`).join(', ');
  const span = roughly(strip.spanMs);
  const cells = strip.cells.map(({ is }) => paintOf(is, paint)(glyphs[is])).join('');
  const slowest = strip.slowestMs < 1000 ? `${Math.round(strip.slowestMs)} ms` : roughly(strip.slowestMs);
  return [
    `runs   ${cells}   ${span}: ${said || 'none'}`,
    `       ${paint.dim(sparkline(strip))}   ${paint.dim(`slowest ${slowest}`)}`,
  ];
}

function paintOf(is: CellKind, { green, yellow, red, cyan, dim }: Paint): (text: string) => string {
  return { none: dim, idle: dim, done: green, partial: cyan, held: yellow, failed: red }[is];
}
