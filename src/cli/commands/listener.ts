import { ExitCode, UsageError } from '../../errors.ts';
import { listenerOf } from '../../listener.ts';
import { connectRedis, loadSetting, openTarget, streamOf } from '../app.ts';
import type { GlobalOptions } from '../program/flags.ts';
import type { Console } from '../terminal.ts';
import { confirm } from './confirm.ts';

/** `sync listener drop`: forgets where a listener stands. What it has not heard is not kept for it any more; its dead letters stay. */
export async function dropListener(
  name: string,
  options: GlobalOptions & { readonly yes?: boolean },
  console: Console,
): Promise<ExitCode> {
  const setting = await loadSetting(options, console);
  using redis = await connectRedis(setting);
  await using target = await openTarget(setting);
  const stream = await streamOf(setting, redis);
  const stored = (await target.groups()).map(({ group }) => group);
  const existing = (await stream.state()).groups.map((group) => group.name);
  const groups = [...new Set([...stored, ...existing])].filter((group) => listenerOf(group) === name);
  if (groups.length === 0) {
    throw new UsageError(`nothing is known of a listener ${name}; nothing was done`, {
      hint: '"sync status" lists them',
    });
  }
  if (name in setting.config.listeners) {
    console.tell(`${name} is in the config: it will start anew, at "${setting.config.listeners[name]?.from}"`);
  }
  if (!(await confirm(`Forget the listener ${name}, and what it has not heard yet?`, options.yes, console)))
    return ExitCode.ok;

  // The cursors first: a daemon that misses its group makes it again only where there is one.
  await target.saveGroups([], groups);
  for (const group of groups) await stream.dropGroup(group);
  if (console.isJson) console.print(JSON.stringify({ dropped: groups }));
  else if (!console.isQuiet) console.print(`${name} is forgotten`);
  return ExitCode.ok;
}
