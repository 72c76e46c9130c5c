import { resolve } from 'node:path';
import type { HttpRequest } from '../../../adapter.ts';
import { createRestAdapter } from '../../../adapters/rest/rest.ts';
import { createFileClient } from '../../../http/saved-answers.ts';
import type { Setting } from '../../open/app.ts';
import { compileResources } from '../../open/compile-resources.ts';

/** What would be asked for after the page that is kept. Nobody is asked. Null: the page is the only one. */
export async function plannedPage(setting: Setting, resource: string, file: string): Promise<HttpRequest | null> {
  const { config, terminal } = setting;
  const options = config.adapters[config.adapter];
  if (options?.type !== 'rest') return null;
  const adapter = createRestAdapter(options);
  const [compiled] = await compileResources(setting, [resource]);
  const keys = compiled?.changes?.keys;
  const request = { resource, mode: 'snapshot', bookmark: null, ...(keys && { keys }) } as const;
  const context = { log: terminal.log, signal: terminal.caller.signal };
  const kept = createFileClient(resolve(terminal.caller.cwd, file));
  const page = await adapter.fetchPage({ ...request, cursor: null }, { ...context, http: kept });
  if (page.mode === 'not-modified') return null;
  for await (const _record of page.records);
  const cursor = typeof page.next === 'function' ? page.next() : page.next;
  if (cursor === null) return null;
  const asked: HttpRequest[] = [];
  const nobody = {
    request: async (next: HttpRequest) => {
      asked.push(next);
      throw new NotAskedError();
    },
  };
  await adapter.fetchPage({ ...request, cursor }, { ...context, http: nobody }).catch((error: unknown) => {
    if (!(error instanceof NotAskedError)) throw error;
  });
  return asked[0] ?? null;
}

class NotAskedError extends Error {}
