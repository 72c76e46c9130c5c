import type { LeftOut, ResourceDraft } from '../draft.ts';
import { nameOfList } from '../names.ts';
import type { Answer } from './answer.ts';
import { changeFieldOf } from './changes.ts';
import { type FieldFound, fieldsOf } from './fields.ts';
import { isGuess, keysFor } from './key.ts';
import type { ListFound } from './lists.ts';
import { pagesOf } from './pagination.ts';

/** What a person has said already. */
export interface Choices {
  readonly resource?: string;
  readonly key?: readonly string[];
  readonly include?: readonly string[];
  /** The parameter that takes the bookmark: each pass then asks for what changed. */
  readonly changesParam?: string;
  /** The parameter that takes the next cursor or page. */
  readonly pageParam?: string;
}

/** What one answer says of a resource. Where `keys` is empty, nothing identifies a record. */
export interface ResourceFound {
  readonly name: string;
  readonly keys: readonly (readonly string[])[];
  readonly fields: readonly FieldFound[];
  readonly leftOut: readonly LeftOut[];
  /** The resource with this key. */
  with(key: readonly string[]): { readonly draft: ResourceDraft; readonly notes: readonly string[] };
}

/** Reads a resource out of one list of an answer. Pure. `at` is where the list was asked for, below the base URL. */
export function resourceIn(answer: Answer, list: ListFound, at: string, choices: Choices = {}): ResourceFound {
  const name = choices.resource ?? nameOfList(list.names, answer.url);
  const { fields, leftOut } = fieldsOf(list.records, { include: choices.include ?? [] });
  const keys = keysFor(name, fields);
  return {
    name,
    keys,
    fields,
    leftOut,
    with(key) {
      const keyPath = key.length === 1 ? (fields.find((field) => field.name === key[0])?.path ?? null) : null;
      const pages = pagesOf({
        answer,
        records: list.records,
        list: list.path,
        keyPath,
        param: choices.pageParam ?? null,
      });
      const bookmark = changeFieldOf(fields);
      const { changesParam: param } = choices;
      const changes = bookmark !== null && param !== undefined ? { ...bookmark, param } : null;
      const draft = {
        name,
        path: at,
        query: pages.query,
        records: list.path,
        total: pages.total?.place ?? null,
        pagination: pages.pagination,
        key,
        fields: fields.map(({ values: _values, ...field }) => ({
          ...field,
          isNullable: field.isNullable && !key.includes(field.name),
        })),
        changes,
      };
      const isGuessed = choices.key === undefined && key === keys[0] && isGuess(name, key, fields);
      return {
        draft,
        notes: [...(isGuessed ? [aboutKey(name, key)] : []), ...pages.notes, ...aboutChanges(name, bookmark, param)],
      };
    },
  };
}

function aboutKey(name: string, key: readonly string[]): string {
  const fields = `${key.join(' and ')} ${key.length === 1 ? 'is' : 'are together'} unique in this page`;
  return `the key of ${name} is a guess: ${fields}; --key FIELD says otherwise`;
}

function aboutChanges(
  name: string,
  bookmark: ReturnType<typeof changeFieldOf>,
  param: string | undefined,
): readonly string[] {
  if (bookmark === null) {
    return param === undefined
      ? []
      : [`no field of ${name} says when a record changed last: each pass reads everything`];
  }
  if (param !== undefined) return [];
  return [
    `${bookmark.field} says when a record of ${name} changed: if the API has a parameter for it, --changes PARAM reads only what changed`,
  ];
}
