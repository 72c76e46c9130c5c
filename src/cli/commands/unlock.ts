import { unlock } from '../../act/unlock.ts';
import { formatDuration } from '../../duration.ts';
import { ExitCode } from '../../errors.ts';
import type { Held } from '../../lock.ts';
import { thisActor } from '../actor.ts';
import { connectRedis, loadSetting, lockOf, openReader, openTarget } from '../open/app.ts';
import type { ConfirmFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';
import { ask } from './confirm.ts';

/** `cronsync unlock`: removes the lock, and fences its holder out: if it still runs, it can no longer write. */
export async function unlockCommand(options: ConfirmFlags, terminal: Terminal): Promise<ExitCode> {
  const setting = await loadSetting(options, terminal);
  using redis = await connectRedis(setting);
  const lock = lockOf(setting, redis);
  const held = await lock.inspect();
  if (held === null)
    return printOutcome({ unlocked: false, holder: null }, 'the lock is free; nothing was done', terminal);
  terminal.report(describeHeld(held));
  if (!options.yes && !(await ask(questionOf(held), terminal))) {
    return printOutcome({ unlocked: false, holder: held.holder }, 'the lock stays', terminal);
  }
  await using reader = await openReader(setting);
  if (await reader.fence()) {
    await using target = await openTarget(setting);
    await unlock({ lock, target, actor: thisActor(options.reason), log: terminal.log });
  } else {
    await lock.remove();
  }
  return printOutcome({ unlocked: true, holder: held.holder }, 'the lock is gone, its holder fenced out', terminal);
}

function questionOf({ holder }: Held): string {
  if (holder === null) return 'Remove the lock?';
  return `Remove the lock, and fence out run ${holder.run} (${holder.host}, pid ${holder.pid})? If it still runs, it can no longer write.`;
}

export function describeHeld({ holder, expiresInMs }: Held): string {
  const until =
    expiresInMs === null ? 'never expires by itself' : `expires in ${formatDuration(expiresInMs)} unless renewed`;
  if (holder === null) return `held by something that is not a run of cronsync; ${until}`;
  return `held by run ${holder.run} on ${holder.host} (pid ${holder.pid}) since ${holder.startedAt}; ${until}`;
}

function printOutcome(result: object, sentence: string, terminal: Terminal): ExitCode {
  if (terminal.isJson) terminal.print(JSON.stringify(result));
  else if (!terminal.isQuiet) terminal.print(sentence);
  return ExitCode.ok;
}
