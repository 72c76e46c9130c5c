import { dropLetters, replayLetters } from '../../act/dead-letters.ts';
import type { Noting } from '../../act/note.ts';
import type { Replayed } from '../../act/replay.ts';
import type { ListenerConfig } from '../../config/schema/schema.ts';
import { formatDuration } from '../../duration.ts';
import { ConfigError, ExitCode, UsageError } from '../../errors.ts';
import type { DeadLetterRow, DeadLetters } from '../../listener.ts';
import { thisActor } from '../actor.ts';
import { loadSetting, openTarget, type Setting } from '../open/app.ts';
import { openDeadLetters, openListener, surroundingsOf } from '../open/open-listener.ts';
import { many } from '../output/numbers.ts';
import type { DeadFlags, DropDeadFlags, GlobalOptions, ListDeadFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';
import { confirm } from './confirm.ts';

const perRead = 500;

/** `cronsync dead list`: prints the events that listeners have given up on, oldest first. */
export async function listDead(flags: ListDeadFlags, terminal: Terminal): Promise<ExitCode> {
  const setting = await loadSetting(flags, terminal);
  await using dead = await openDeadLetters(setting);
  const letters = await dead.list({ ...queryOf(flags), limit: flags.limit });
  if (terminal.isJson) {
    terminal.print(JSON.stringify({ deadLetters: letters, countByListener: await dead.countByListener() }));
    return ExitCode.ok;
  }
  if (letters.length === 0) terminal.print('there are no dead letters');
  for (const letter of letters) terminal.print(lineOf(letter, terminal));
  if (letters.length === flags.limit) terminal.print(terminal.out.dim(`only ${flags.limit} are shown (--limit)`));
  return ExitCode.ok;
}

/** `cronsync dead show`: prints one of them, with its last error and the time of every attempt. */
export async function showDead(id: string, options: GlobalOptions, terminal: Terminal): Promise<ExitCode> {
  const setting = await loadSetting(options, terminal);
  await using dead = await openDeadLetters(setting);
  const letter = await existing(dead, id);
  if (terminal.isJson) terminal.print(JSON.stringify(letter));
  else {
    terminal.print(lineOf(letter, terminal));
    letter.attemptsAt.forEach((at, n) => {
      terminal.print(`  attempt ${n + 1} ${terminal.out.dim(at.toISOString())}`);
    });
    terminal.print(letter.event);
  }
  return ExitCode.ok;
}

/** `cronsync dead replay`: delivers them again, in order, outside the stream. What is delivered is dropped. */
export async function replayDead(
  ids: readonly string[],
  flags: DeadFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const setting = await loadSetting(flags, terminal);
  await using dead = await openDeadLetters(setting);
  const choose = chooser(ids, flags, dead);
  const names = ids.length > 0 ? listenersOf(await choose()) : await listenersWithDead(dead, flags);
  const configs = names.map((name) => [name, configOf(name, setting)] as const);
  const replayed: Replayed[] = [];
  for (const [name, config] of configs) {
    await using target = await openTarget(setting);
    await using listener = await openListener(name, config, surroundingsOf(setting));
    const { concurrency, timeoutMs } = config;
    const replaying = { listener, letters: dead, concurrency, timeoutMs, log: terminal.log, signal };
    const replay = { ...replaying, name, slices: slices(choose, name) };
    replayed.push(...(await replayLetters(replay, notingOf(flags, { terminal, target }))));
  }
  return reportReplayed(replayed, terminal);
}

/** `cronsync dead drop`: forgets them. Asks first, with their number, unless they are named one by one. */
export async function dropDead(ids: readonly string[], flags: DropDeadFlags, terminal: Terminal): Promise<ExitCode> {
  const setting = await loadSetting(flags, terminal);
  await using dead = await openDeadLetters(setting);
  const letters = await allOf(chooser(ids, flags, dead));
  const isSure = flags.yes === true || ids.length > 0 || letters.length === 0;
  if (!(await confirm(`Drop ${many(letters.length, 'dead letter')} for good?`, isSure, terminal))) return ExitCode.ok;
  const dropped = letters.length === 0 ? 0 : await dropAll(letters, dead, flags, setting);
  if (terminal.isJson) terminal.print(JSON.stringify({ dropped }));
  else if (!terminal.isQuiet) terminal.print(`${many(dropped, 'dead letter')} dropped`);
  return ExitCode.ok;
}

async function dropAll(
  letters: readonly DeadLetterRow[],
  dead: DeadLetters,
  flags: DeadFlags,
  setting: Setting,
): Promise<number> {
  await using target = await openTarget(setting);
  return await dropLetters(letters, dead, notingOf(flags, { terminal: setting.terminal, target }));
}

function notingOf(
  { reason }: DeadFlags,
  { terminal: { log }, target }: { readonly terminal: Terminal; readonly target: Noting['target'] },
): Noting {
  return { actor: thisActor(reason), target, log };
}

/** Returns the chosen dead letters in the order of their events, after a given one; those named by id all at once. */
type Choose = (after?: DeadLetterRow, listener?: string) => Promise<readonly DeadLetterRow[]>;

function chooser(ids: readonly string[], flags: DeadFlags, dead: DeadLetters): Choose {
  const query = queryOf(flags);
  const hasFilter = Object.values(query).some((value) => value !== undefined);
  if (ids.length === 0 && !hasFilter) {
    throw new UsageError('no dead letters were chosen; nothing was done', {
      hint: 'Name their ids, or use --listener, --key or --older-than; "cronsync dead list" shows them.',
    });
  }
  if (ids.length > 0 && hasFilter) throw new UsageError('ids and filters exclude each other; nothing was done');
  if (ids.length === 0)
    return (after, listener = flags.listener) => dead.list({ ...query, listener, after, limit: perRead });
  return async (after, listener) => {
    if (after) return [];
    const letters = await Promise.all([...new Set(ids)].map((id) => existing(dead, id)));
    const inOrder = letters.sort(
      (a, b) => a.position.generation - b.position.generation || a.position.seq - b.position.seq,
    );
    return inOrder.filter((letter) => listener === undefined || letter.listener === listener);
  };
}

function configOf(name: string, { config }: Setting): ListenerConfig {
  const listener = config.listeners[name];
  if (listener) return listener;
  throw new ConfigError(`the listener ${name} is not in the config; nothing was delivered`, {
    hint: `Put it back, or drop its dead letters with "cronsync dead drop --listener ${name}".`,
  });
}

async function* slices(choose: Choose, listener?: string): AsyncGenerator<readonly DeadLetterRow[]> {
  let after: DeadLetterRow | undefined;
  for (;;) {
    const letters = await choose(after, listener);
    if (letters.length === 0) return;
    after = letters.at(-1);
    yield letters;
  }
}

async function allOf(choose: Choose): Promise<DeadLetterRow[]> {
  const letters: DeadLetterRow[] = [];
  for await (const slice of slices(choose)) letters.push(...slice);
  return letters;
}

async function existing(dead: DeadLetters, id: string): Promise<DeadLetterRow> {
  const letter = await dead.get(id);
  if (letter) return letter;
  throw new UsageError(`there is no dead letter ${id}; nothing was done`, { hint: 'See "cronsync dead list".' });
}

function listenersOf(letters: readonly DeadLetterRow[]): string[] {
  return [...new Set(letters.map(({ listener }) => listener))];
}

async function listenersWithDead(dead: DeadLetters, { listener }: DeadFlags): Promise<string[]> {
  const names = Object.keys(await dead.countByListener());
  return names.filter((name) => listener === undefined || name === listener);
}

function queryOf({ listener, key, olderThan }: DeadFlags) {
  return { listener, key, olderThan: olderThan === undefined ? undefined : new Date(Date.now() - olderThan) };
}

function lineOf({ id, type, key, reason, attemptsAt, lastError, deadAt }: DeadLetterRow, { out }: Terminal): string {
  const age = formatDuration(Date.now() - deadAt.getTime());
  const tries = many(attemptsAt.length, 'attempt');
  return `${out.bold(id)} ${type} ${key} ${out.dim(`dead for ${age}, ${reason}, ${tries}`)}: ${out.red(lastError)}`;
}

function reportReplayed(replayed: readonly Replayed[], terminal: Terminal): ExitCode {
  const count = (outcome: Replayed['outcome']) => replayed.filter((one) => one.outcome === outcome).length;
  const [delivered, failed, blocked] = [count('delivered'), count('failed'), count('blocked')];
  if (terminal.isJson) terminal.print(JSON.stringify({ delivered, failed, blocked, deadLetters: replayed }));
  else {
    for (const { id, error } of replayed) if (error !== undefined) terminal.report(`${terminal.err.red(id)} ${error}`);
    const rest = failed + blocked === 0 ? '' : `; ${failed} failed again, ${blocked} were not tried: they stay`;
    if (!terminal.isQuiet || rest !== '') terminal.print(`${many(delivered, 'dead letter')} delivered${rest}`);
  }
  return failed + blocked === 0 ? ExitCode.ok : ExitCode.unreachable;
}
