import { formatDuration } from '../../duration.ts';
import { ExitCode } from '../../errors.ts';
import type { Held } from '../../lock.ts';
import { connectRedis, loadSetting, lockOf, openReader, openTarget } from '../app.ts';
import type { GlobalOptions } from '../program/flags.ts';
import type { Console } from '../terminal.ts';
import { confirm } from './confirm.ts';

/** `sync unlock`: removes the lock, and fences its holder out: should it still run, it cannot write any more. */
export async function unlockCommand(options: GlobalOptions & { yes?: boolean }, console: Console): Promise<ExitCode> {
  const setting = await loadSetting(options, console);
  using redis = await connectRedis(setting);
  const lock = lockOf(setting, redis);
  const held = await lock.inspect();
  if (held === null) return say({ unlocked: false, holder: null }, 'the lock is free; nothing was done', console);
  console.tell(describeHeld(held));
  if (
    !(await confirm('Remove the lock? Its holder, if it still runs, will not be able to write.', options.yes, console))
  ) {
    return say({ unlocked: false, holder: held.holder }, 'the lock stays', console);
  }
  await using reader = await openReader(setting);
  if (await reader.lease()) {
    await using target = await openTarget(setting);
    await target.fenceOut();
  }
  await lock.remove();
  return say({ unlocked: true, holder: held.holder }, 'the lock is gone, its holder fenced out', console);
}

export function describeHeld({ holder, expiresInMs }: Held): string {
  const until =
    expiresInMs === null ? 'never expires by itself' : `expires in ${formatDuration(expiresInMs)} unless renewed`;
  if (holder === null) return `held by something that is no run of sync; ${until}`;
  return `held by run ${holder.run} on ${holder.host} (pid ${holder.pid}) since ${holder.startedAt}; ${until}`;
}

function say(result: object, sentence: string, console: Console): ExitCode {
  if (console.isJson) console.print(JSON.stringify(result));
  else if (!console.isQuiet) console.print(sentence);
  return ExitCode.ok;
}
