import { planRewind, type Rewind, type RewindTo, rewind } from '../../act/rewind.ts';
import { parseDuration } from '../../duration.ts';
import { ConfigError, ExitCode, UsageError } from '../../errors.ts';
import { thisActor } from '../actor.ts';
import { confirm } from '../commands/confirm.ts';
import { connectRedis, loadSetting, openTarget, streamOf } from '../open/app.ts';
import { many } from '../output/numbers.ts';
import type { RewindFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';

/** `cronsync listener rewind`: delivers events again, by a new group beside the living one. */
export async function rewindListener(name: string, flags: RewindFlags, terminal: Terminal): Promise<ExitCode> {
  const to = rewindTo(flags.to);
  const setting = await loadSetting(flags, terminal);
  if (!(name in setting.config.listeners)) {
    throw new ConfigError(`the listener ${name} is not in the config; nothing was done`, {
      hint: `The config has ${Object.keys(setting.config.listeners).join(', ') || 'no listeners'}.`,
    });
  }
  using redis = await connectRedis(setting);
  await using target = await openTarget(setting);
  const rewinds = await planRewind(name, to, { target, stream: await streamOf(setting, redis) });
  if (!(await confirm(questionOf(name, rewinds), flags.yes, terminal))) return ExitCode.ok;
  await rewind(name, rewinds, { target, actor: thisActor(flags.reason), log: terminal.log });
  if (terminal.isJson) terminal.print(JSON.stringify({ listener: name, rewinds }));
  else if (!terminal.isQuiet) {
    for (const { group } of rewinds)
      terminal.print(`${group} delivers them; "cronsync listener drop ${group}" ends it`);
  }
  return ExitCode.ok;
}

/** Reads a duration before now, a sequence number or a time. */
export function rewindTo(text: string): RewindTo {
  if (/^\d+$/.test(text)) return { seq: Number(text) };
  const ago = parseDuration(text);
  const time = new Date(ago === undefined ? Date.parse(text) : Date.now() - ago);
  if (!Number.isNaN(time.getTime())) return { time };
  throw new UsageError(`--to ${text} is not a duration, a sequence number or a time; nothing was done`, {
    hint: 'Write one such as 2h, 1200 or 2026-01-31T12:00Z.',
  });
}

function questionOf(name: string, rewinds: readonly Rewind[]): string {
  const after = Math.min(...rewinds.map((one) => one.after.seq));
  const until = Math.max(...rewinds.map((one) => one.until));
  return `Deliver ${many(until - after, 'event')} to ${name} again, from ${after + 1} to ${until}, as far as it wants them?`;
}
