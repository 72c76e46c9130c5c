import { isRejected, type RawRecord } from '../record.ts';
import type { RecordSchema } from '../records/columns.ts';
import type { FieldSource } from '../records/field-source.ts';
import { compilePrepare, mappedColumns } from '../records/prepare.ts';
import { transformed } from '../records/transformed.ts';
import type { Transform } from '../transform.ts';

/** What decides what becomes of a record: the parts of the config of those names. */
export interface MapOptions<Raw> {
  readonly schema: Omit<RecordSchema, 'type'>;
  readonly key: string | readonly string[];
  readonly map?: Readonly<Record<string, FieldSource>>;
  readonly emptyIsNull?: boolean;
  /** The module's default export. */
  readonly transform?: Transform<Raw>;
}

export interface MappedRecords {
  /** The fields of each record as they would be stored. JSON columns hold their text. */
  readonly records: readonly Readonly<Record<string, unknown>>[];
  /** What would go into quarantine. */
  readonly rejected: readonly { readonly key: string | null; readonly reasons: readonly string[] }[];
  /** The keys of what the transform has left out; null where a record has none. */
  readonly leftOut: readonly (string | null)[];
}

/** Maps records as a run would: transform, map, types and schema. It needs no server. */
export async function mapRecords<Raw = RawRecord>(
  raws: readonly Raw[],
  { schema, key, map, emptyIsNull, transform }: MapOptions<Raw>,
): Promise<MappedRecords> {
  const mapping = { schema: { ...schema, type: 'object' as const }, key: [key].flat(), map, emptyIsNull };
  const plain = await compilePrepare(mapping);
  const prepare = transform ? transformed(plain, transform as Transform) : plain;
  const columns = mappedColumns(mapping);
  const prepared = raws.map((raw) => prepare(raw));
  const rejected = prepared.filter(isRejected);
  return {
    records: prepared.flatMap((record) => {
      if (isRejected(record)) return [];
      return [Object.fromEntries(columns.map(({ name }, at) => [name, record.values[at]]))];
    }),
    rejected: rejected.filter(({ leftOut }) => !leftOut).map(({ key, reasons }) => ({ key, reasons })),
    leftOut: rejected.filter(({ leftOut }) => leftOut).map(({ key }) => key),
  };
}
