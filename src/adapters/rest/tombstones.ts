import { compileExpression } from '../../expression.ts';
import type { RawRecord } from '../../record.ts';
import { isSaid } from './bookmark.ts';
import type { TombstoneOptions } from './options.ts';

/** How an API says that a record is gone. */
export interface Tombstones {
  /** Whether an element among the records is a tombstone. */
  isOne(raw: RawRecord): boolean;
  /** The tombstones beside the records: ids, or objects with an id. */
  listed(document: unknown): readonly RawRecord[];
  /** True if tombstones are among the records. Then the API's own count may include them. */
  readonly areAmongRecords: boolean;
}

const none: Tombstones = { isOne: () => false, listed: () => [], areAmongRecords: false };

export async function compileTombstones(options: TombstoneOptions | undefined): Promise<Tombstones> {
  if (options === undefined || options.from !== undefined) return none;
  if (options.path !== undefined) {
    const read = await compileExpression(options.path);
    return { ...none, listed: (document) => listOf(read(document)) };
  }
  const read = await compileExpression(options.field ?? options.when ?? '@');
  return { ...none, isOne: (raw) => isSaid(read(raw)), areAmongRecords: true };
}

function listOf(found: unknown): readonly RawRecord[] {
  return Array.isArray(found) ? found : [];
}
