import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { RedisArgument } from './client.ts';
import { type Failing, isPassing, isUnknownScript, scriptFailure } from './failure.ts';
import type { Whereabouts } from './place.ts';

/** A Lua script that is safe to repeat with the same arguments. Its header lists KEYS, ARGV and its result. */
export interface Script {
  readonly lua: string;
  /** What is guaranteed if it cannot be run: the end of the error's message. */
  readonly guarantee: string;
}

export interface RunOptions {
  /** How long to repeat it when Redis cannot be reached; 0 is one attempt. */
  readonly budgetMs?: number;
}

/** Runs a script. Throws `UnreachableError`, or `IntegrityError` if a key holds something that is not ours. */
export type RunScript = (
  script: Script,
  keys: readonly string[],
  args: readonly RedisArgument[],
  options?: RunOptions,
) => Promise<unknown>;

/** What running scripts needs of a connection. */
export interface ScriptServer extends Whereabouts {
  call(command: string, args: readonly RedisArgument[]): Promise<unknown>;
  /** Why the last connect failed, while there is no connection. */
  connectError(): Error | undefined;
  isClosed(): boolean;
}

const firstDelayMs = 50;
const longestDelayMs = 1000;

/**
 * Makes the one function that runs scripts. It repeats a script, with the same arguments, only if the connection failed or
 * the server said "not now", until the budget ends: a lost reply must not look like a refusal.
 */
export function createScriptRunner(server: ScriptServer, budgetMs: number): RunScript {
  const sendOnce = createSender(server);
  return async (script, keys, args, options = {}) => {
    const end = performance.now() + (options.budgetMs ?? budgetMs);
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await sendOnce(script, keys, args);
      } catch (error) {
        const delayMs = Math.random() * Math.min(firstDelayMs * 2 ** attempt, longestDelayMs);
        const isOver = server.isClosed() || performance.now() + delayMs >= end;
        if (isOver || !isPassing(error)) throw scriptFailure(error, failing(server, script), keys);
        await wait(delayMs);
      }
    }
  };
}

function failing({ address, setting, isByModule = false, connectError }: ScriptServer, { guarantee }: Script): Failing {
  return { address, setting, isByModule, guarantee, connectError: connectError() };
}

/** Sends a script's text the first time and its digest afterwards: most runs use a script once, and need no digest. */
function createSender({ call }: ScriptServer) {
  const digests = new Map<Script, string | null>();
  return async (script: Script, keys: readonly string[], args: readonly RedisArgument[]): Promise<unknown> => {
    const rest = [keys.length, ...keys, ...args];
    if (digests.has(script)) {
      const digest = digests.get(script) ?? createHash('sha1').update(script.lua).digest('hex');
      digests.set(script, digest);
      try {
        return await call('EVALSHA', [digest, ...rest]);
      } catch (error) {
        if (!isUnknownScript(error)) throw error;
      }
    }
    const reply = await call('EVAL', [script.lua, ...rest]);
    if (!digests.has(script)) digests.set(script, null);
    return reply;
  };
}
