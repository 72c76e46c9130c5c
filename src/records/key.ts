import { ConfigError } from '../errors.ts';
import { keyOf, partsOf, type RawRecord, type Rekey } from '../record.ts';
import { type Coerce, coercionFor, Unfit } from './coerce.ts';
import { columnsOf } from './columns.ts';
import { compileSource, conversionOf, expressionIn } from './field-source.ts';
import { hashOf } from './hash.ts';
import { foreignId, isThere, type Mapping, mappedColumns, mayBeForeign } from './prepare.ts';

/**
 * Compiles a function that reads the key, in the system's form, from a tombstone; null if there is no key. A tombstone may be
 * a bare id if the key is one field.
 */
export async function compileKey(mapping: Mapping): Promise<(raw: RawRecord) => string | null> {
  const fields = await Promise.all(mapping.key.map((name) => keyField(name, mapping)));
  const [only] = fields;
  return (raw) => {
    const isBare = typeof raw !== 'object' && fields.length === 1 && only !== undefined && !only.isOfWhole;
    const values = isBare ? [only.coerceBare(raw)] : fields.map(({ read, coerce }) => coerce(read(raw)));
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

async function keyField(name: string, { schema, map, emptyIsNull = false, match }: Mapping) {
  const column = columnsOf(schema).find((candidate) => candidate.name === name);
  const source = map ? map[name] : `"${name}"`;
  if (column === undefined || source === undefined)
    throw new ConfigError(`the config does not say where a tombstone has the key field ${name}; no hit was made`);
  const read = await compileSource(source, column.kind, emptyIsNull);
  const fits = coercionFor(column, schema.properties[name] ?? {});
  const coerce = mayBeForeign(name, match) ? orForeign(fits) : fits;
  const convert = conversionOf(source, column.kind, emptyIsNull);
  const coerceBare: Coerce = (found) => coerce(convert ? convert(found) : found);
  return { read, coerce, coerceBare, isOfWhole: expressionIn(source).trim() === '@' };
}

/** An id of the third party that does not fit the key is an alias of it. */
function orForeign(coerce: Coerce): Coerce {
  return (found) => {
    const value = coerce(found);
    return value instanceof Unfit ? (foreignId(found) ?? value) : value;
  };
}
