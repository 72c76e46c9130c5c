import type { ListenerConfig } from '../../config/schema/schema.ts';
import { ExitCode } from '../../errors.ts';
import type { Setting } from '../open/app.ts';
import { openListener, type Surroundings, surroundingsOf } from '../open/open-listener.ts';
import { throughProxy } from '../open/through-proxy.ts';
import { bad, type Finding, findingsOr, good } from './finding.ts';

/** Each listener as the daemon would open it: the module loads, the command can be executed, the webhook's host is allowed. */
export async function checkListeners(setting: Setting): Promise<readonly Finding[]> {
  const around = surroundingsOf(setting);
  const listeners = Object.entries(setting.config.listeners);
  return (await Promise.all(listeners.map(([name, config]) => checkListener(name, config, around)))).flat();
}

async function checkListener(name: string, config: ListenerConfig, around: Surroundings): Promise<readonly Finding[]> {
  const what = `listener ${name}`;
  return findingsOr(what, async () => {
    const listener = await openListener(name, config, around);
    await listener[Symbol.asyncDispose]();
    if (config.type !== 'webhook') return [good(what, describe(config))];
    const { whyNotReachable } = await import('../../listeners/private-address.ts');
    const host = new URL(config.url).hostname.replace(/^\[|\]$/g, '');
    const through = await throughProxy(new URL(config.url), `listeners.${name}`, config, around.env);
    if (through !== '') return [good(what, `posts to ${host}${through}`)];
    const why = await whyNotReachable(host, config.allowPrivate);
    return [why === null ? good(what, `posts to ${host}`) : bad(what, why, ExitCode.unreachable)];
  });
}

function describe(config: ListenerConfig): string {
  if (config.type === 'module') return `loads ${config.module}`;
  if (config.type === 'exec') return `runs ${config.command[0]}`;
  return 'prints events';
}
