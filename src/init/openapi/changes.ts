import { changeFieldOf } from '../answer/changes.ts';
import type { ChangesDraft, FieldDraft } from '../draft.ts';
import { squeezed } from '../names.ts';
import type { Parameter } from './api.ts';

const sinceChange = /^(last)?(updated|modified|changed)(at|on|date|time)?(since|after|from|min|start|gte?)$/;

/**
 * How a list is asked for what changed: by a parameter whose name says so, or is `since` and whose description says so, where
 * a field of the records has the time of their last change in the same form. Null: no parameter is that plain.
 */
export function changesPlanned(
  parameters: readonly Parameter[],
  fields: readonly FieldDraft[],
  own: readonly string[],
): ChangesDraft | null {
  const changes = changeFieldOf(fields);
  if (changes === null) return null;
  const param = parameters.find((parameter) => {
    return !own.includes(parameter.name) && saysSince(parameter) && isWritten(parameter, changes.format);
  });
  return param ? { ...changes, param: param.name } : null;
}

function saysSince({ name, isRequired, description }: Parameter): boolean {
  if (isRequired) return false;
  const word = squeezed(name);
  return sinceChange.test(word) || (word === 'since' && /\b(updated|modified|changed)\b/i.test(description));
}

/** The bookmark is the time of a record, and is sent as the record has it: a day alone would be too coarse. */
function isWritten({ schema: { type, format } }: Parameter, ofField: unknown): boolean {
  if (ofField !== undefined) return type === 'integer';
  return type === 'string' && (format === undefined || format === 'date-time');
}
