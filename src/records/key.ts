import { ConfigError } from '../errors.ts';
import { compileExpression } from '../expression.ts';
import { keyOf, partsOf, type RawRecord, type Rekey } from '../record.ts';
import { type Coerce, coercionFor, Unfit } from './coerce.ts';
import { columnsOf } from './columns.ts';
import { hashOf } from './hash.ts';
import { foreignId, isThere, type Mapping, mappedColumns, mayBeForeign } from './prepare.ts';

/**
 * Compiles a function that reads the key, in the system's form, from a tombstone; null if there is no key. A tombstone may be
 * a bare id if the key is one field.
 */
export async function compileKey({ schema, key, map, match }: Mapping): Promise<(raw: RawRecord) => string | null> {
  const fields = await Promise.all(key.map((name) => keyField(name, { schema, key, map, match })));
  const [only] = fields;
  return (raw) => {
    const isBare = typeof raw !== 'object' && fields.length === 1 && only !== undefined && !only.isOfWhole;
    const values = isBare ? [only.coerce(raw)] : fields.map(({ read, coerce }) => coerce(read(raw)));
    const parts = values.map((value) => (value instanceof Unfit ? null : value));
    return parts.every(isThere) ? keyOf(parts) : null;
  };
}

/** Compiles a function that gives a record the key under which the system knows it. */
export function compileRekey(mapping: Mapping): Rekey {
  const { schema, key } = mapping;
  const columns = mappedColumns(mapping);
  const hash = hashOf(columns);
  const fields = key.flatMap((name) => {
    const at = columns.findIndex((column) => column.name === name);
    const column = columns[at];
    return column ? { at, coerce: coercionFor(column, schema.properties[name] ?? {}) } : [];
  });
  return (record, wanted) => {
    const texts = fields.length === 1 ? [wanted] : partsOf(wanted);
    const parts = fields.map(({ coerce }, n) => coerce(texts[n]));
    const values = [...record.values];
    for (const [n, { at }] of fields.entries()) {
      const part = parts[n];
      if (part === undefined || part instanceof Unfit || !isThere(part)) return null;
      values[at] = part;
    }
    return { key: wanted, values, hash: hash(values) };
  };
}

async function keyField(name: string, { schema, map, match }: Mapping) {
  const column = columnsOf(schema).find((candidate) => candidate.name === name);
  const expression = map ? map[name] : `"${name}"`;
  if (column === undefined || expression === undefined)
    throw new ConfigError(`the config does not say where a tombstone has the key field ${name}; no hit was made`);
  const read = await compileExpression(expression);
  const coerce = coercionFor(column, schema.properties[name] ?? {});
  const isOfWhole = expression.trim() === '@';
  return { read, coerce: mayBeForeign(name, match) ? orForeign(coerce) : coerce, isOfWhole };
}

/** An id of the third party that does not fit the key is an alias of it. */
function orForeign(coerce: Coerce): Coerce {
  return (found) => {
    const value = coerce(found);
    return value instanceof Unfit ? (foreignId(found) ?? value) : value;
  };
}
