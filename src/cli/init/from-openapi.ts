import { ConfigError, type ExitCode, UsageError } from '../../errors.ts';
import type { LeftOut } from '../../init/draft.ts';
import { itemNamed } from '../../init/named.ts';
import { draftOf } from '../../init/openapi/draft.ts';
import { type ListOperation, listsOf } from '../../init/openapi/lists.ts';
import { type OpenApiChoices, resourcesOf } from '../../init/openapi/resources.ts';
import type { InitFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';
import type { Asker } from './ask/asker.ts';
import { parseAuth } from './ask/auth.ts';
import { finish } from './finish.ts';
import type { Known } from './known.ts';
import { readOpenApi } from './openapi-document.ts';
import { parseUrl } from './page-source.ts';

/** So many lists are taken without a word: each costs a hit in every pass. */
const mostUnnamed = 10;

/** `cronsync init --openapi`: the lists of an OpenAPI document become resources. */
export async function initFromOpenApi(
  source: string,
  known: Known,
  flags: InitFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const url = flags.url === undefined ? null : parseUrl(flags.url, '--url');
  const { api, from, missing } = await readOpenApi(source, known, flags, terminal);
  const found = listsOf(api);
  const choices: OpenApiChoices = {
    params: parseParams(flags.param ?? []),
    ...(flags.key && { key: flags.key }),
    include: flags.include ?? [],
    throttle: known.throttle,
    headers: known.headers,
    from,
    url,
  };
  const readable = (list: ListOperation) => resourcesOf(api, [list], choices).resources.length > 0;
  const chosen = await chooseLists(found.lists, flags.resource, readable, known.asker);
  const draft = draftOf(api, found, chosen, choices);
  if (typeof draft === 'string') throw new UsageError(`${draft}; nothing was written`);
  if (draft.adapter.resources.length === 0) {
    const why = draft.leftOut.map(({ what, why: reason }) => `${what}: ${reason}`).slice(0, 5);
    throw new ConfigError(`no list of ${source} can be read as it is; nothing was written. ${why.join('. ')}`, {
      hint: 'Give what is missing with --param NAME=VALUE and --key FIELD.',
    });
  }
  const auth = flags.auth === undefined ? draft.adapter.auth : parseAuth(flags.auth);
  return finish(
    {
      ...known,
      draft: { ...draft, leftOut: [...draft.leftOut, ...missing.map(unread)], adapter: { ...draft.adapter, auth } },
      hits: from ? 1 : 0,
    },
    flags,
    terminal,
  );
}

function unread(why: string): LeftOut {
  return { what: 'a reference', why };
}

/** Those that are named, by the name of the resource, the path or the operation; else those that can be read, if they are few. */
async function chooseLists(
  lists: readonly ListOperation[],
  wanted: readonly string[] | undefined,
  isReadable: (list: ListOperation) => boolean,
  asker: Asker | null,
): Promise<readonly ListOperation[]> {
  if (lists.length === 0)
    throw new ConfigError('the document has no GET operation that lists records; nothing was written');
  if (wanted?.includes('all')) return lists;
  if (wanted !== undefined) return wanted.map((name) => listNamed(lists, name));
  const readable = lists.filter(isReadable);
  if (readable.length <= mostUnnamed) return lists;
  if (asker) {
    return asker.chooseSome(
      `The document has ${readable.length} lists. Which ones?`,
      readable.map((list) => ({ value: list, label: list.name, hint: list.path })),
    );
  }
  const names = readable.map(({ name }) => name);
  throw new UsageError(
    `the document has ${names.length} lists, and each costs a hit in every pass; nothing was written`,
    {
      hint: `Name those you want: --resource NAME, or --resource all. It has ${names.join(', ')}.`,
    },
  );
}

function listNamed(lists: readonly ListOperation[], wanted: string): ListOperation {
  const namesOf = ({ path, operationId }: ListOperation) => [path, operationId];
  return itemNamed(lists, wanted, namesOf, { source: 'document', item: 'list' });
}

function parseParams(written: readonly string[]): Readonly<Record<string, string>> {
  const pairs = written.map((text) => {
    const at = text.indexOf('=');
    if (at < 1)
      throw new UsageError(`--param ${text} is not a name and a value; nothing was written`, {
        hint: 'Write --param owner=acme.',
      });
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  return Object.fromEntries(pairs);
}
