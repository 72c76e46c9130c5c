import type { Prepared, Value, Values } from '../../../record.ts';
import { fieldsOfKey, UnstorableError } from '../../sql/stored-values.ts';
import type { Shape } from '../shape/shape.ts';
import { bound } from './literals.ts';

/** A record to look up: by the fields of its key, and with its values where they are known. */
export interface Wanted {
  readonly key: string;
  /** Null: no column can hold them, so there is no such row. */
  readonly fields: readonly (string | null)[] | null;
  readonly values: Values | null;
}

export function wantedRecord({ key, values }: Prepared, shape: Shape | null): Wanted {
  const fields = shape?.keyAt.map((at) => values[at] ?? null);
  return { key, values, fields: shape && fields ? keyFields(shape, fields) : null };
}

export function wantedKey(key: string, shape: Shape | null): Wanted {
  const fields = shape && fieldsOfKey(key, shape.key);
  return { key, values: null, fields: shape && fields ? keyFields(shape, fields) : null };
}

/** Null: no column can hold these fields, so there is no such row. The record is refused when it is written. */
export function keyFields({ key }: Shape, fields: readonly Value[]): (string | null)[] | null {
  try {
    return fields.map((field, n) => bound(field, key[n]?.kind ?? 'text'));
  } catch (error) {
    if (error instanceof UnstorableError) return null;
    throw error;
  }
}
