import { ConfigError, UsageError } from '../../errors.ts';
import { clearList, hasEmptyList, type ListFound, listsIn } from '../../init/answer/lists.ts';
import { type ResourceFound, resourceIn } from '../../init/answer/resource.ts';
import { throttleOf } from '../../init/answer/throttle.ts';
import { literal } from '../../init/config.ts';
import { type Draft, oneAMinute } from '../../init/draft.ts';
import type { InitFlags } from '../program/flags.ts';
import type { Asker } from './ask/asker.ts';
import type { Known } from './known.ts';
import type { PageRead } from './page-source.ts';

export interface PageDraft extends Draft {
  /** The records of the page, as they came. */
  readonly records: readonly unknown[];
}

/** What one page says of the API. Asks only what it does not say. Throws if it is not known and nobody can be asked. */
export async function draftOfPage(
  page: PageRead,
  flags: InitFlags,
  { throttle, headers, asker }: Known,
): Promise<PageDraft> {
  const list = await chooseList(page, flags, asker);
  const [named] = flags.resource ?? [];
  const found = resourceIn(page.answer, list, page.location.path, {
    ...(named !== undefined && { resource: named }),
    ...(flags.key && { key: flags.key }),
    ...(flags.include && { include: flags.include }),
    ...(flags.changes !== undefined && { changesParam: flags.changes }),
    ...(flags.pageParam !== undefined && { pageParam: flags.pageParam }),
  });
  const { draft, notes } = found.with(await chooseKey(found, flags, asker));
  const stated = throttleOf(page.answer);
  const resource = { ...draft, path: literal(draft.path), query: literals(draft.query) };
  return {
    adapter: {
      name: page.adapter,
      baseUrl: literal(page.location.baseUrl),
      auth: page.auth,
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, literal(value)])),
      throttle: throttle ?? stated.throttle ?? oneAMinute,
      resources: [resource],
    },
    leftOut: found.leftOut.map(({ what, why }) => ({ what: `${found.name}: ${what}`, why })),
    notes: [...notes, ...(throttle === null ? [stated.note] : [])],
    records: list.records,
  };
}

async function chooseList({ answer }: PageRead, { records }: InitFlags, asker: Asker | null): Promise<ListFound> {
  const lists = listsIn(answer.document);
  const shown = (path: string | null) => path ?? '@';
  if (records !== undefined) {
    const chosen = lists.find(({ path }) => shown(path) === records);
    if (chosen) return chosen;
    throw new UsageError(`the answer has no list of objects at ${records}; nothing was written`, {
      hint: hintFor(lists.map(({ path }) => shown(path))),
    });
  }
  if (lists.length === 0) {
    const why = hasEmptyList(answer.document) ? 'an empty list' : 'no list of objects';
    throw new ConfigError(`the answer has ${why}: nothing shows what a record looks like; nothing was written`, {
      hint: 'Ask for a page that has records, or write the config by hand: "cronsync init" writes one to start from.',
    });
  }
  const clear = clearList(lists);
  if (clear) return clear;
  if (asker) {
    return asker.choose(
      'The answer has several lists. Which one has the records?',
      lists.map((list) => ({ value: list, label: shown(list.path), hint: `${list.records.length} objects` })),
    );
  }
  throw new UsageError(
    `the answer has several lists: ${lists.map(({ path }) => shown(path)).join(', ')}; nothing was written`,
    {
      hint: 'Name the one with the records: --records PATH.',
    },
  );
}

function hintFor(paths: readonly string[]): string {
  return paths.length === 0 ? 'It has none at all.' : `It has ${paths.join(', ')}.`;
}

async function chooseKey(
  { name, keys, fields }: ResourceFound,
  { key }: InitFlags,
  asker: Asker | null,
): Promise<readonly string[]> {
  if (key !== undefined) {
    const unknown = key.filter((field) => !fields.some((known) => known.name === field));
    if (unknown.length === 0) return key;
    throw new UsageError(`${name} has no field ${unknown.join(', ')}; nothing was written`, {
      hint: `Its fields are ${fields.map((field) => field.name).join(', ')}.`,
    });
  }
  const [likeliest] = keys;
  if (likeliest) return likeliest;
  if (asker) {
    return [
      await asker.choose(
        `No field identifies a record of ${name} for certain. Which one is the key?`,
        fields.map((field) => ({ value: field.name, label: field.name, hint: field.type })),
      ),
    ];
  }
  throw new UsageError(
    `no field of ${name} is unique and never null in this page: --key names the field, or the fields, that identify a record; nothing was written`,
    {
      hint: `Its fields are ${fields.map((field) => field.name).join(', ')}.`,
    },
  );
}

function literals(query: Readonly<Record<string, string | number | boolean>>) {
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name, typeof value === 'string' ? literal(value) : value]),
  );
}
