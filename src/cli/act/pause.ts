import { pause, resume } from '../../act/pause.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import type { Pause } from '../../pause.ts';
import { roughly } from '../../verdict/words.ts';
import { thisActor } from '../actor.ts';
import { loadSetting, openTarget, type Setting } from '../open/app.ts';
import type { PauseFlags, ResumeFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';

/** `cronsync pause`: runs make no hit, or a listener receives nothing, until a time or until `cronsync resume`. */
export async function pauseCommand(flags: PauseFlags, terminal: Terminal): Promise<ExitCode> {
  const setting = await loadSetting(flags, terminal);
  const listener = listenerIn(flags, setting);
  const until = flags.for === undefined ? null : new Date(Date.now() + flags.for);
  await using target = await openTarget(setting);
  const paused = await pause({ listener, until }, { target, actor: thisActor(flags.reason), log: terminal.log });
  if (terminal.isJson) terminal.print(JSON.stringify(paused));
  else if (!terminal.isQuiet) terminal.print(sentenceOf(paused, setting.config.name));
  return ExitCode.ok;
}

/** `cronsync resume`: ends a pause. */
export async function resumeCommand(flags: ResumeFlags, terminal: Terminal): Promise<ExitCode> {
  const setting = await loadSetting(flags, terminal);
  const listener = listenerIn(flags, setting);
  await using target = await openTarget(setting);
  const resumed = await resume(listener, { target, actor: thisActor(flags.reason), log: terminal.log });
  const what = listener ?? setting.config.name;
  if (terminal.isJson) terminal.print(JSON.stringify({ resumed }));
  else if (!terminal.isQuiet)
    terminal.print(resumed ? `${what} is resumed` : `${what} was not paused; nothing was done`);
  return ExitCode.ok;
}

function listenerIn({ listener }: ResumeFlags, { config }: Setting): string | null {
  if (listener === undefined || listener in config.listeners) return listener ?? null;
  const names = Object.keys(config.listeners);
  const meant = nearest(listener, names);
  throw new UsageError(`there is no listener ${listener}; nothing was done`, {
    hint: meant ? `Did you mean "${meant}"?` : `The config has ${names.join(', ') || 'no listeners'}.`,
  });
}

function sentenceOf({ listener, at, until }: Pause, name: string): string {
  const time =
    until === null
      ? `until "cronsync resume${listener === null ? '' : ` --listener ${listener}`}"`
      : `for ${roughly(until.getTime() - at.getTime(), Math.round)}`;
  return listener === null
    ? `${name} is paused ${time}: its runs make no hit, and listeners go on`
    : `${listener} is paused ${time}: its events wait, and a daemon stops within seconds`;
}
