import type { ChangesDraft, FieldDraft } from '../draft.ts';
import { squeezed } from '../names.ts';

const changeTime =
  /^(updated|modified|changed|lastupdated|lastmodified|lastchanged|update|modification|dateupdated|datemodified|lastupdate|mtime)(at|on|date|time|datetime|timestamp|ts)?$/;

/** The field that says when a record changed last, ready to be a bookmark; null if there is none. */
export function changeFieldOf(
  fields: readonly Pick<FieldDraft, 'name' | 'path' | 'type' | 'format'>[],
): ChangesDraft | null {
  for (const { name, path, type, format } of fields) {
    if (!changeTime.test(squeezed(name))) continue;
    if (format !== undefined) return { field: path, format: format === 'unix' ? 'seconds' : 'milliseconds' };
    if (type === 'date-time') return { field: path };
  }
  return null;
}
