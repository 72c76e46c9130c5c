import { ConfigError } from '../errors.ts';
import { compileExpression } from '../expression.ts';
import { keyOf, type RawRecord, type Value } from '../record.ts';
import { coercionFor, Unfit } from './coerce.ts';
import { columnsOf } from './columns.ts';
import type { Mapping } from './prepare.ts';

/**
 * Compiles what reads a key, in the system's form, out of what says that a record is gone; null where there is none. It
 * may be a bare id where the key is one field.
 */
export async function compileKey({ schema, key, map }: Mapping): Promise<(raw: RawRecord) => string | null> {
  const fields = await Promise.all(key.map((name) => keyField(name, { schema, key, map })));
  const [only] = fields;
  return (raw) => {
    const isBare = typeof raw !== 'object' && fields.length === 1 && only !== undefined && !only.isOfWhole;
    const values = isBare ? [only.coerce(raw)] : fields.map(({ read, coerce }) => coerce(read(raw)));
    const parts = values.map((value) => (value instanceof Unfit ? null : value));
    return parts.every(isThere) ? keyOf(parts) : null;
  };
}

async function keyField(name: string, { schema, map }: Mapping) {
  const column = columnsOf(schema).find((candidate) => candidate.name === name);
  const expression = map ? map[name] : `"${name}"`;
  if (column === undefined || expression === undefined)
    throw new ConfigError(`nothing says where the key field ${name} is found in a tombstone; no hit was made`);
  const read = await compileExpression(expression);
  return { read, coerce: coercionFor(column, schema.properties[name] ?? {}), isOfWhole: expression.trim() === '@' };
}

function isThere(value: Value): boolean {
  return value !== null && value !== '';
}
