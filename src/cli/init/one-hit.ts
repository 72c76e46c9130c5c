import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { HttpResponse } from '../../adapter.ts';
import { ConfigError, CredentialsError, MovedError, UnreachableError } from '../../errors.ts';
import type { SlotKeeper } from '../../throttle.ts';
import type { TokenStore } from '../../token.ts';
import { connectRedis, type Setting, slotsOf, tokensOf } from '../open/app.ts';
import { Opened } from '../open/opened.ts';
import { openThirdParty } from '../open/third-party.ts';
import { showProgress } from '../output/progress.ts';

/** The file in which the page is kept, seen from the folder of the config. */
export const keptPage = '.cronsync/first-page.http';

/**
 * Makes one hit, and keeps the answer in this file. It takes a slot where Redis is there; where it is not, nobody counts hits, and the hit is
 * made without one. Throws like a run.
 */
export async function oneHit(setting: Setting, url: URL, signal: AbortSignal, file = keptPage): Promise<HttpResponse> {
  const { terminal } = setting;
  await using opened = new Opened();
  const redis = await connectRedis(setting).catch((error: unknown) => {
    if (!(error instanceof UnreachableError)) throw error;
    terminal.log.warn(
      `Redis cannot be reached, so no slot is taken for this hit: ${error.message.replace(/; no lock was taken, .*$/s, '')}`,
    );
    return null;
  });
  if (redis) opened.defer(() => redis.close());
  const progress = showProgress(terminal);
  opened.defer(() => progress[Symbol.dispose]());
  const parts = redis
    ? { slots: await slotsOf(setting, redis), tokens: await tokensOf(setting, redis), progress }
    : { slots: anySlot, tokens: noToken, progress };
  keepApart(terminal.caller.cwd);
  const third = await openThirdParty(setting, parts, { save: file });
  const http = third.openHttp({
    pass: { mode: 'snapshot', moved: {}, failures: 0 },
    targetSlots: null,
    run: { signal, mayStillSend: () => true, onHit: () => {} },
  });
  try {
    return await http.request({ url, headers: { accept: 'application/json', ...headersOf(setting) } });
  } catch (error) {
    throw explained(error, url);
  }
}

function headersOf({ config: { adapter, adapters } }: Setting): Readonly<Record<string, string>> {
  const options = adapters[adapter];
  return (options?.type === 'rest' && options.headers) || {};
}

function explained(error: unknown, url: URL): unknown {
  if (error instanceof MovedError) {
    return new ConfigError(`${url.origin}${url.pathname} has moved permanently to ${error.to}; nothing was written`, {
      hint: `Run "cronsync init --from ${error.to}".`,
      cause: error,
    });
  }
  if (error instanceof CredentialsError && error.status === 401) {
    return new CredentialsError(error.message, {
      hint: 'Say how to sign requests: "--auth bearer:ACME_TOKEN" takes the token from the variable ACME_TOKEN.',
      status: 401,
      cause: error,
    });
  }
  return error;
}

/** What is kept is the third party's data: it does not belong into a repository. */
function keepApart(cwd: string): void {
  const folder = resolve(cwd, dirname(keptPage));
  mkdirSync(folder, { recursive: true });
  writeFileSync(resolve(folder, '.gitignore'), '*\n');
}

const anySlot: SlotKeeper = {
  take: async () => ({ granted: true }),
  settle: async () => {},
  postpone: async () => {},
  cancel: async () => {},
  defer: async () => {},
  resume: async () => {},
};

const noToken: TokenStore = {
  read: async () => null,
  keep: async () => {},
  drop: async () => {},
};
