import type { RawRecord } from './record.ts';

/**
 * Changes one record of a third party before it is mapped. It returns the record, which may be a new one, or undefined to leave
 * it out: a row that the record has stays as it is. It is not called in order, and may be called twice with equal records, so
 * it depends on nothing but its argument. If it throws, the record is rejected. `Raw` is what the third party sends.
 */
export type Transform<Raw = RawRecord> = (record: Raw) => RawRecord | undefined;

/** Types a transform module: `export default defineTransform<Contact>((contact) => ({ … }))`. */
export function defineTransform<Raw = RawRecord>(transform: Transform<Raw>): Transform<Raw> {
  return transform;
}
