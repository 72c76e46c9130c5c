import type { Adapter, Cursor, PageRequest, SnapshotPage } from '../../src/adapter.ts';
import { openTestContext } from '../../src/testing.ts';

/** One page of the resource `people`, with its records in a list. */
export async function readPage(
  adapter: Adapter,
  url: string,
  cursor: Cursor | null = null,
  more: Partial<PageRequest> = {},
) {
  const page = await adapter.fetchPage(
    { resource: 'people', mode: 'snapshot', cursor, bookmark: null, ...more },
    openTestContext(url),
  );
  const { records, next, chunks: _, ...rest } = page as SnapshotPage;
  const all: unknown[] = [];
  for await (const record of records) all.push(record);
  return { ...rest, records: all, next: typeof next === 'function' ? next() : next };
}
