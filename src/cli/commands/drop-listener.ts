import { note } from '../../act/note.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { listenerOf } from '../../listener.ts';
import { thisActor } from '../actor.ts';
import { connectRedis, loadSetting, openTarget, streamOf } from '../open/app.ts';
import type { ConfirmFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';
import { confirm } from './confirm.ts';

/** `cronsync listener drop`: forgets how far a listener has come. Events are no longer kept for it; its dead letters stay. */
export async function dropListener(name: string, options: ConfirmFlags, terminal: Terminal): Promise<ExitCode> {
  const setting = await loadSetting(options, terminal);
  using redis = await connectRedis(setting);
  await using target = await openTarget(setting);
  const stream = await streamOf(setting, redis);
  const stored = (await target.groups()).map(({ group }) => group);
  const existing = (await stream.state()).groups.map((group) => group.name);
  const groups = [...new Set([...stored, ...existing])].filter((group) => group === name || listenerOf(group) === name);
  if (groups.length === 0) {
    throw new UsageError(`the listener ${name} is unknown; nothing was done`, {
      hint: '"cronsync status" lists the known ones.',
    });
  }
  if (name in setting.config.listeners) {
    terminal.report(`${name} is in the config: it will start again, at "${setting.config.listeners[name]?.from}"`);
  }
  if (
    !(await confirm(`Forget the listener ${name}, and the events that it has not received yet?`, options.yes, terminal))
  )
    return ExitCode.ok;

  // The cursors first: a daemon that misses its group makes it again only if there is a cursor.
  await target.saveGroups([], groups);
  for (const group of groups) await stream.dropGroup(group);
  await note({ actor: thisActor(options.reason), target, log: terminal.log }, 'listener-drop', {
    listener: name,
    groups,
  });
  if (terminal.isJson) terminal.print(JSON.stringify({ dropped: groups }));
  else if (!terminal.isQuiet) terminal.print(`${name} is forgotten`);
  return ExitCode.ok;
}
