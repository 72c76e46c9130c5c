import { ConfigError, ExitCode } from '../../errors.ts';
import { beforeEverything, generationAfter } from '../../event.ts';
import { lowestCursor } from '../../relay/groups.ts';
import { relay } from '../../relay/relay.ts';
import { takeLock } from '../../run/take-lock.ts';
import { connectRedis, loadSetting, lockOf, openReader, openTarget, streamOf, thisHolder } from '../app.ts';
import type { GlobalOptions } from '../program/flags.ts';
import { listenerGroups } from '../resources.ts';
import type { Console } from '../terminal.ts';
import { confirm } from './confirm.ts';

/**
 * `sync outbox rebase`: a new generation of event numbers. For when stream and database contradict each other: the
 * database was restored from a backup, or something else wrote to the stream. No event is lost; listeners may get again
 * what they have not acknowledged.
 */
export async function rebaseCommand(options: GlobalOptions & { yes?: boolean }, console: Console): Promise<ExitCode> {
  const setting = await loadSetting(options, console);
  const { config } = setting;
  using redis = await connectRedis(setting);
  await using reader = await openReader(setting);
  if ((await reader.lease()) === null)
    throw new ConfigError(`${config.name} has never run on ${reader.label}: there is nothing to rebase`);
  if (!(await confirm('Give new numbers to all events that a listener may still need?', options.yes, console)))
    return ExitCode.ok;

  const lease = await takeLock(lockOf(setting, redis), thisHolder(), Date.now());
  try {
    const stream = await streamOf(setting, redis);
    await using target = await openTarget(setting);
    const { last } = await stream.state();
    const floor = generationAfter(last);
    if (floor === 0) await stream.remove();
    const after = lowestCursor(await target.groups()) ?? beforeEverything;
    const { generation, moved } = await target.rebase(floor, after);
    const groups = listenerGroups(config).map(({ group }) => group);
    const { maxStream } = config.events;
    const relayed = await relay(
      { name: config.name, maxStream, groups },
      { stream, target, log: console.log },
      lease.signal,
    );
    if (console.isJson) console.print(JSON.stringify({ generation, moved, relayed: relayed.appended }));
    else if (!console.isQuiet) {
      console.print(
        `generation ${generation}: ${moved} events have new numbers, ${relayed.appended} are on the stream`,
      );
    }
    return ExitCode.ok;
  } finally {
    await lease.release();
  }
}
