import type { ListenerConfig } from '../../config/schema/schema.ts';
import { formatDuration } from '../../duration.ts';
import { ConfigError, ExitCode, UsageError } from '../../errors.ts';
import type { DeadLetterRow, DeadLetters } from '../../listener.ts';
import { loadSetting, type Setting } from '../app.ts';
import { openDeadLetters, openListener, surroundingsOf } from '../listeners.ts';
import { many } from '../output/numbers.ts';
import type { GlobalOptions } from '../program/flags.ts';
import { openReplay, type Replayed } from '../replay.ts';
import type { Console } from '../terminal.ts';
import { confirm } from './confirm.ts';

/** Which dead letters. */
export interface DeadFlags extends GlobalOptions {
  readonly listener?: string;
  readonly key?: string;
  /** Milliseconds. */
  readonly olderThan?: number;
}

const perRead = 500;

/** `sync dead list`: the events that listeners have given up on, oldest first. */
export async function listDead(flags: DeadFlags & { limit: number }, console: Console): Promise<ExitCode> {
  const setting = await loadSetting(flags, console);
  await using dead = await openDeadLetters(setting);
  const letters = await dead.list({ ...queryOf(flags), limit: flags.limit });
  if (console.isJson) {
    console.print(JSON.stringify({ deadLetters: letters, countByListener: await dead.countByListener() }));
    return ExitCode.ok;
  }
  if (letters.length === 0) console.print('there is no dead letter');
  for (const letter of letters) console.print(lineOf(letter, console));
  if (letters.length === flags.limit) console.print(console.out.dim(`no more are shown than ${flags.limit} (--limit)`));
  return ExitCode.ok;
}

/** `sync dead show`: one of them, with its last error and every attempt's time. */
export async function showDead(id: string, options: GlobalOptions, console: Console): Promise<ExitCode> {
  const setting = await loadSetting(options, console);
  await using dead = await openDeadLetters(setting);
  const letter = await existing(dead, id);
  if (console.isJson) console.print(JSON.stringify(letter));
  else {
    console.print(lineOf(letter, console));
    letter.attemptsAt.forEach((at, n) => {
      console.print(`  attempt ${n + 1} ${console.out.dim(at.toISOString())}`);
    });
    console.print(letter.event);
  }
  return ExitCode.ok;
}

/** `sync dead replay`: brings them to their listeners again, in order, outside the stream; what is delivered is dropped. */
export async function replayDead(
  ids: readonly string[],
  flags: DeadFlags,
  console: Console,
  signal: AbortSignal,
): Promise<ExitCode> {
  const setting = await loadSetting(flags, console);
  await using dead = await openDeadLetters(setting);
  const choose = chooser(ids, flags, dead);
  const names = ids.length > 0 ? listenersOf(await choose()) : await listenersWithDead(dead, flags);
  const configs = names.map((name) => [name, configOf(name, setting)] as const);
  const replayed: Replayed[] = [];
  for (const [name, config] of configs) {
    await using listener = await openListener(name, config, surroundingsOf(setting));
    const { concurrency, timeoutMs } = config;
    const replay = openReplay({ listener, letters: dead, concurrency, timeoutMs, log: console.log, signal });
    for await (const letters of slices(choose, name)) replayed.push(...(await replay(letters)));
  }
  return tellReplayed(replayed, console);
}

/** `sync dead drop`: forgets them. Those that are not named one by one are counted, and asked about, before. */
export async function dropDead(
  ids: readonly string[],
  flags: DeadFlags & { readonly yes?: boolean },
  console: Console,
): Promise<ExitCode> {
  const setting = await loadSetting(flags, console);
  await using dead = await openDeadLetters(setting);
  const letters = await allOf(chooser(ids, flags, dead));
  const isSure = flags.yes === true || ids.length > 0 || letters.length === 0;
  if (!(await confirm(`Drop ${many(letters.length, 'dead letter')} for good?`, isSure, console))) return ExitCode.ok;
  let dropped = 0;
  for (const { id } of letters) dropped += Number(await dead.drop(id));
  if (console.isJson) console.print(JSON.stringify({ dropped }));
  else if (!console.isQuiet) console.print(`${many(dropped, 'dead letter')} dropped`);
  return ExitCode.ok;
}

/** Gives the chosen ones in the order of their events, from one on; those named by id all at once. */
type Choose = (after?: DeadLetterRow, listener?: string) => Promise<readonly DeadLetterRow[]>;

function chooser(ids: readonly string[], flags: DeadFlags, dead: DeadLetters): Choose {
  const query = queryOf(flags);
  const hasFilter = Object.values(query).some((value) => value !== undefined);
  if (ids.length === 0 && !hasFilter) {
    throw new UsageError('which dead letters? nothing was done', {
      hint: 'Name their ids, or say --listener, --key or --older-than; "sync dead list" shows them.',
    });
  }
  if (ids.length > 0 && hasFilter) throw new UsageError('either ids or filters, not both; nothing was done');
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
    hint: `Put it back, or drop its dead letters: sync dead drop --listener ${name}.`,
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
  throw new UsageError(`there is no dead letter ${id}; nothing was done`, { hint: 'See "sync dead list".' });
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

function lineOf({ id, type, key, reason, attemptsAt, lastError, deadAt }: DeadLetterRow, { out }: Console): string {
  const age = formatDuration(Date.now() - deadAt.getTime());
  const tries = many(attemptsAt.length, 'attempt');
  return `${out.bold(id)} ${type} ${key} ${out.dim(`dead for ${age}, ${reason}, ${tries}`)}: ${out.red(lastError)}`;
}

function tellReplayed(replayed: readonly Replayed[], console: Console): ExitCode {
  const count = (outcome: Replayed['outcome']) => replayed.filter((one) => one.outcome === outcome).length;
  const [delivered, failed, blocked] = [count('delivered'), count('failed'), count('blocked')];
  if (console.isJson) console.print(JSON.stringify({ delivered, failed, blocked, deadLetters: replayed }));
  else {
    for (const { id, error } of replayed) if (error !== undefined) console.tell(`${console.err.red(id)} ${error}`);
    const rest = failed + blocked === 0 ? '' : `; ${failed} failed again, ${blocked} not tried: they stay`;
    if (!console.isQuiet || rest !== '') console.print(`${many(delivered, 'dead letter')} delivered${rest}`);
  }
  return failed + blocked === 0 ? ExitCode.ok : ExitCode.unreachable;
}
