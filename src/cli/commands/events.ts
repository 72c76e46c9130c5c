import { setTimeout as sleep } from 'node:timers/promises';
import { parseDuration } from '../../duration.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import type { Position } from '../../event.ts';
import { loadSetting, openReader, type Setting } from '../open/app.ts';
import { eventLine, type PrintedEvent } from '../output/event-line.ts';
import { hintOfUnknownType } from '../output/unknown-types.ts';
import type { EventsFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';

const perRead = 1000;
const followMs = 1000;

/** `cronsync events`: prints the events in the outbox, oldest first; with `--json` one CloudEvent a line. */
export async function eventsCommand(flags: EventsFlags, terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const passes = filterOf(flags);
  let isAnyWanted = false;
  const isWanted = (event: PrintedEvent) => {
    const isOne = passes(event);
    isAnyWanted ||= isOne;
    return isOne;
  };
  const setting = await loadSetting(flags, terminal);
  let after = await printAfter(undefined, isWanted, setting);
  if (!isAnyWanted) reportUnknownType(flags, setting);
  for (;;) {
    if (!flags.follow || signal.aborted) return ExitCode.ok;
    await sleep(followMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return ExitCode.ok;
    after = await printAfter(after, isWanted, setting);
  }
}

function reportUnknownType({ type }: EventsFlags, { config, terminal }: Setting): void {
  const hint = hintOfUnknownType(type ?? [], Object.keys(config.resources));
  if (hint !== null && !terminal.isQuiet) terminal.report(`${terminal.err.dim('hint:')} ${hint}`);
}

/** Opens the database each time: it may appear or go away while events are followed. */
async function printAfter(
  from: Position | undefined,
  isWanted: (event: PrintedEvent) => boolean,
  setting: Setting,
): Promise<Position | undefined> {
  await using target = await openReader(setting);
  const fence = await target.fence();
  if (fence === null) return from;
  let after = from?.generation === fence.generation ? from : { generation: fence.generation, seq: 0 };
  for (;;) {
    const { events, firstSeq } = await target.outbox(after, perRead);
    if (events.length === 0) return after;
    for (const event of events) print(event, isWanted, setting.terminal);
    after = { ...after, seq: firstSeq + events.length - 1 };
  }
}

function print(
  event: string,
  isWanted: (event: PrintedEvent) => boolean,
  { out, isJson, print: line, columns }: Terminal,
): void {
  const parsed: PrintedEvent = JSON.parse(event);
  if (isWanted(parsed)) line(isJson ? event : eventLine(parsed, { paint: out, columns }));
}

function filterOf({ since, type, key }: EventsFlags): (event: PrintedEvent) => boolean {
  const isAfter = sinceFilter(since);
  const types = (type ?? []).map((pattern) => (pattern.endsWith('.*') ? pattern.slice(0, -1) : pattern));
  return (event) =>
    isAfter(event) &&
    (types.length === 0 ||
      types.some((want) => (want.endsWith('.') ? event.type.startsWith(want) : event.type === want))) &&
    (key === undefined || event.subject === key);
}

function sinceFilter(since: string | undefined): (event: PrintedEvent) => boolean {
  if (since === undefined) return () => true;
  if (/^\d+$/.test(since)) return ({ sequence }) => Number(sequence) > Number(since);
  const ago = parseDuration(since);
  const time = ago === undefined ? Date.parse(since) : Date.now() - ago;
  if (Number.isNaN(time)) {
    throw new UsageError(`--since ${since} is not a duration, a sequence number or a time`, {
      hint: 'Write one such as 1h, 1200 or 2026-01-31T12:00Z.',
    });
  }
  return ({ time: at }) => Date.parse(at) > time;
}
