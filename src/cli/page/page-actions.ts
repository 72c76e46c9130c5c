import { approve } from '../../act/approve.ts';
import { dropLetters, replayLetters } from '../../act/dead-letters.ts';
import type { Noting } from '../../act/note.ts';
import { pause, resume } from '../../act/pause.ts';
import type { Replayed } from '../../act/replay.ts';
import { planRewind, rewind } from '../../act/rewind.ts';
import { ConfigError } from '../../errors.ts';
import { wordsOf } from '../../pass/held-words.ts';
import type { Target } from '../../target.ts';
import { roughly } from '../../verdict/words.ts';
import type { Actions, Actor } from '../../web/page.ts';
import { rewindTo } from '../act/rewind.ts';
import { connectRedis, openTarget, type Setting, streamOf } from '../open/app.ts';
import { openDeadLetters, openListener, surroundingsOf } from '../open/open-listener.ts';
import { many } from '../output/numbers.ts';

/** How long one replay may take: somebody waits for the answer. */
const replayMs = 20_000;

/** What can be done on the page: the same as on the command line, noted with the role of whoever does it. */
export function pageActions(setting: Setting): Actions {
  const { log } = setting.terminal;
  const noted = async <T>(actor: Actor, work: (noting: Noting, target: Target) => Promise<T>): Promise<T> => {
    await using target = await openTarget(setting);
    return await work({ actor, target, log }, target);
  };
  return {
    approve: ({ resource, ...held }, actor) =>
      noted(actor, async (noting, target) => {
        const [permit] = await approve([{ resource, ...held }], [resource], { ...noting, target, now: Date.now });
        const { count = held.count } = permit ?? {};
        return `${many(count, wordsOf[held.what].noun)} of ${resource} approved: the next run carries them out, once.`;
      }),
    replay: (name, letters, actor) =>
      noted(actor, async (noting) => {
        const config = setting.config.listeners[name];
        if (!config) throw new ConfigError(`the listener ${name} is not in the config; nothing was delivered`);
        await using dead = await openDeadLetters(setting);
        await using listener = await openListener(name, config, surroundingsOf(setting));
        const { concurrency, timeoutMs } = config;
        const replaying = {
          listener,
          letters: dead,
          concurrency,
          timeoutMs,
          log,
          signal: AbortSignal.timeout(replayMs),
        };
        return replayedText(await replayLetters({ name, slices: once(letters), ...replaying }, noting));
      }),
    drop: (letters, actor) =>
      noted(actor, async (noting) => {
        await using dead = await openDeadLetters(setting);
        return `${many(await dropLetters(letters, dead, noting), 'dead letter')} dropped.`;
      }),
    pause: (listener, forMs, actor) =>
      noted(actor, async (noting, target) => {
        const until = forMs === null ? null : new Date(Date.now() + forMs);
        await pause({ listener, until }, { ...noting, target });
        return `${listener ?? 'The sync'} is paused ${forMs === null ? 'until somebody resumes it' : `for ${roughly(forMs)}`}.`;
      }),
    resume: (listener, actor) =>
      noted(actor, async (noting, target) => {
        const wasPaused = await resume(listener, { ...noting, target });
        return `${listener ?? 'The sync'} ${wasPaused ? 'is resumed' : 'was not paused'}.`;
      }),
    rewind: (listener, to, actor) =>
      noted(actor, async (noting, target) => {
        using redis = await connectRedis(setting);
        const stream = await streamOf(setting, redis);
        const rewinds = await planRewind(listener, rewindTo(to), { target, stream });
        await rewind(listener, rewinds, { ...noting, target });
        return `${rewinds.map(({ group }) => group).join(', ')} delivers the events again, as soon as a daemon runs.`;
      }),
  };
}

async function* once<T>(all: T): AsyncGenerator<T> {
  yield all;
}

function replayedText(replayed: readonly Replayed[]): string {
  const count = (outcome: Replayed['outcome']) => replayed.filter((one) => one.outcome === outcome).length;
  const [delivered, failed, blocked] = [count('delivered'), count('failed'), count('blocked')];
  const error = replayed.find((one) => one.error !== undefined)?.error;
  const rest = failed + blocked === 0 ? '' : ` ${failed} failed again, ${blocked} were not tried: they stay.`;
  return `${many(delivered, 'dead letter')} delivered.${rest}${error === undefined ? '' : ` ${error}`}`;
}
