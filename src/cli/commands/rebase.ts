import { note } from '../../act/note.ts';
import { ConfigError, ExitCode } from '../../errors.ts';
import { beforeEverything, generationAfter } from '../../event.ts';
import { lowestCursor, streamCursors } from '../../relay/groups.ts';
import { relay } from '../../relay/relay.ts';
import { takeLock } from '../../run/take-lock.ts';
import { thisActor } from '../actor.ts';
import { connectRedis, loadSetting, lockOf, openReader, openTarget, streamOf, thisHolder } from '../open/app.ts';
import { listenerGroups } from '../open/compile-resources.ts';
import type { ConfirmFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';
import { confirm } from './confirm.ts';

/**
 * `cronsync outbox rebase`: starts a new generation of event numbers, when stream and database contradict each other: the
 * database was restored from a backup, or something else wrote to the stream. No event is lost; listeners may receive
 * again what they have not acknowledged.
 */
export async function rebaseCommand(options: ConfirmFlags, terminal: Terminal): Promise<ExitCode> {
  const setting = await loadSetting(options, terminal);
  const { config } = setting;
  using redis = await connectRedis(setting);
  await using reader = await openReader(setting);
  if ((await reader.fence()) === null)
    throw new ConfigError(`${config.name} has never run on ${reader.label}: there is nothing to rebase`);
  if (!(await confirm('Give new numbers to all events that a listener may still need?', options.yes, terminal)))
    return ExitCode.ok;

  const lease = await takeLock(lockOf(setting, redis), thisHolder(), Date.now());
  try {
    const stream = await streamOf(setting, redis);
    await using target = await openTarget(setting);
    const { last } = await stream.state();
    const floor = generationAfter(last);
    if (floor === 0) await stream.remove();
    const after = lowestCursor(streamCursors(await target.groups())) ?? beforeEverything;
    const { generation, moved } = await target.rebase(floor, after);
    await note({ actor: thisActor(options.reason), target, log: terminal.log }, 'rebase', { generation, moved });
    const groups = listenerGroups(config).map(({ group }) => group);
    const { maxStream } = config.events;
    const relayed = await relay(
      { name: config.name, maxStream, groups },
      { stream, target, log: terminal.log },
      lease.signal,
    );
    if (terminal.isJson) terminal.print(JSON.stringify({ generation, moved, relayed: relayed.appended }));
    else if (!terminal.isQuiet) {
      terminal.print(
        `generation ${generation}: ${moved} events have new numbers, ${relayed.appended} are on the stream`,
      );
    }
    return ExitCode.ok;
  } finally {
    await lease.release();
  }
}
