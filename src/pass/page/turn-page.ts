import { hash } from 'node:crypto';
import type { Cursor } from '../../adapter.ts';
import type { Checkpoint, ColumnCounts, PassProgress } from '../../checkpoint.ts';
import { ProtocolError } from '../../errors.ts';
import { type PageFields, withPage } from '../../mapped-fields.ts';
import type { Validators } from '../../validators.ts';
import { sumColumns } from '../emptied.ts';
import { succeeded } from '../transitions.ts';

/** What a page brought, as its pass counts it. */
export interface PageBrought {
  /** When it was read. */
  readonly at: number;
  readonly records: number;
  readonly rejected: number;
  readonly keyless: number;
  /** Records of a snapshot whose key came before: on this page, and on an earlier one. */
  readonly duplicates: number;
  readonly again: number;
  /** What it compared of each column. */
  readonly columns: ColumnCounts;
  /** What the expressions of the map have found. */
  readonly fields?: PageFields | undefined;
  readonly next: Cursor | null;
  /** Digest of the page's valid records; null for a page without any, or when it is the only page of the pass. */
  readonly content: string | null;
  readonly total: number | null;
  readonly shifted: boolean;
  /** Whose credentials it was fetched with, as a digest; null where that is not known. */
  readonly account: string | null;
  readonly bookmark: string | null;
  /** The bookmark of the last page counts, not that of the first. */
  readonly isBookmarkLast: boolean;
  readonly validators: Validators | null;
  /** Ids of live records that the page says are gone. */
  readonly tombstones: readonly number[];
}

/** Where the pass stands once the page is in. Pure. Throws if the page shows that the walk leads nowhere. */
export function turnPage<C extends Checkpoint>(checkpoint: C, page: PageBrought, maxPages: number): C {
  const { progress } = checkpoint;
  refuseRepetition(checkpoint, page);
  if (page.next !== null && progress.pages + 1 >= maxPages) {
    throw new ProtocolError(`the pass has brought ${maxPages} pages and does not end; nothing is deleted`, {
      hint: 'If there really are more pages, raise "maxPages" of the adapter.',
    });
  }
  const isFirst = progress.pages === 0;
  return {
    ...checkpoint,
    phase: page.next === null ? 'deleting' : 'walking',
    cursor: page.next,
    progress: progressAfter(checkpoint, page),
    nextBookmark: isFirst || page.isBookmarkLast ? page.bookmark : checkpoint.nextBookmark,
    // The validators of one page prove nothing about the other pages.
    validators: isFirst && page.next === null ? page.validators : null,
    chunks: null,
    tombstones: [...new Set([...checkpoint.tombstones, ...page.tombstones])],
    ...succeeded(page.at),
  };
}

function refuseRepetition({ progress, cursor }: Checkpoint, { next, content }: PageBrought): void {
  const known = new Set(progress.digests);
  if (next !== null && (next === cursor || known.has(cursorDigest(next)))) throw repeated('cursor');
  if (content !== null && known.has(pageDigest(content))) throw repeated('page');
}

function repeated(what: 'cursor' | 'page'): ProtocolError {
  return new ProtocolError(
    `the third party returned a ${what} that this pass has had before; the cursor stays where it was, nothing is deleted`,
    {
      hint: 'If this happens in every pass, the API ignores what asks for the next page: check "pagination" in the config.',
    },
  );
}

function progressAfter({ progress, cursor }: Checkpoint, page: PageBrought): PassProgress {
  const account = progress.account ?? page.account;
  const digests = [
    ...(cursor === null ? [] : [cursorDigest(cursor)]),
    ...(page.content === null ? [] : [pageDigest(page.content)]),
  ];
  return {
    pages: progress.pages + 1,
    records: progress.records + page.records,
    rejected: progress.rejected + page.rejected,
    keyless: progress.keyless + page.keyless,
    duplicates: (progress.duplicates ?? 0) + page.duplicates,
    again: (progress.again ?? 0) + page.again,
    columns: sumColumns(progress.columns ?? {}, page.columns),
    fields: page.fields ? withPage(progress.fields ?? null, page.fields) : (progress.fields ?? null),
    total: page.total ?? progress.total,
    leastTotal: leastOf(progress.leastTotal ?? null, page.total),
    shifted: progress.shifted || page.shifted,
    account,
    isMixed: progress.isMixed === true || (page.account !== null && page.account !== account),
    digests: [...progress.digests, ...digests],
  };
}

function leastOf(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

function cursorDigest(cursor: Cursor): string {
  return `c${hash('sha256', cursor, 'base64url').slice(0, 11)}`;
}

function pageDigest(content: string): string {
  return `p${content}`;
}
