import { expectTypeOf, test } from 'vitest';
import type { ChangesPage, Page, SnapshotPage } from '../src/adapter.ts';

// `npm run check` is what fails here: these are promises of the types, and a page that breaks one does not compile.

/** What an adapter returns. */
const page = (made: Page) => made;
const paged = { records: [], next: null } as const;

test('a page of changes has no total: what it leaves out is not gone', () => {
  page({ mode: 'changes', ...paged, deleted: [], bookmark: 'b' });
  // @ts-expect-error: only a snapshot knows how many there are.
  page({ mode: 'changes', ...paged, deleted: [], bookmark: 'b', total: 3 });
  expectTypeOf<ChangesPage>().not.toHaveProperty('total');
});

test('a page of a snapshot names no deletions: what it leaves out is gone', () => {
  page({ mode: 'snapshot', ...paged, total: 3 });
  // @ts-expect-error: only a page of changes has them.
  page({ mode: 'snapshot', ...paged, deleted: ['1'] });
  expectTypeOf<SnapshotPage>().not.toHaveProperty('deleted');
});

test('a page of changes says where the next pass starts and what is gone, even if nothing is', () => {
  // @ts-expect-error: without a bookmark the next pass would not know where to start.
  page({ mode: 'changes', ...paged, deleted: [] });
  // @ts-expect-error: an adapter without tombstones says so with an empty list.
  page({ mode: 'changes', ...paged, bookmark: 'b' });
});

test('an adapter cannot promise one mode and give the members of the other', () => {
  expectTypeOf<Page['mode']>().toEqualTypeOf<'snapshot' | 'changes' | 'not-modified'>();
  expectTypeOf<Extract<Page, { readonly mode: 'changes' }>>().toEqualTypeOf<ChangesPage>();
  expectTypeOf<Extract<Page, { readonly mode: 'snapshot' }>>().toEqualTypeOf<SnapshotPage>();
});
