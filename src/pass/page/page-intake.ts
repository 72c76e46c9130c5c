import { createHash, type Hash } from 'node:crypto';
import type { ChangesPage, SnapshotPage } from '../../adapter.ts';
import { type ChangeCounts, noChanges, sumCounts } from '../../change.ts';
import type { Checkpoint } from '../../checkpoint.ts';
import { ProtocolError } from '../../errors.ts';
import type { StoredPaths } from '../../field-paths.ts';
import type { FieldWatch } from '../../mapped-fields.ts';
import { quarantined, type RecordBatch } from '../../record.ts';
import type { HeldSet } from '../held-set.ts';
import { pathsAfterPage } from '../paths/pass-paths.ts';
import type { PathSampler } from '../paths/path-sampler.ts';
import type { PassState } from '../resource.ts';
import { firstCounts, nothingRepeated } from './brought.ts';
import type { AfterPage, Standing, Written } from './commit.ts';
import { type PageBrought, turnPage } from './turn-page.ts';

/** What a page brought and what it changed. */
export interface PageTotals {
  readonly counts: ChangeCounts;
  readonly records: number;
  readonly rejected: number;
  /** Records that do not count, since another one of this pass has their key. */
  readonly duplicates: number;
}

export interface PageTaken extends PageTotals, Standing {
  /** With the values that this page would empty. */
  readonly held: HeldSet;
}

/** What is known of a page beside its records: whose credentials fetched it, and ids of live records that it says are gone. */
export interface PageOrigin {
  readonly gone: readonly number[];
  readonly account?: string | undefined;
  readonly now: () => number;
  readonly watch?: FieldWatch | undefined;
  /** Looks at the records as they come. */
  readonly sampler: PathSampler;
}

/** A page while its batches come in: what it has brought so far, and what that makes of the checkpoint. */
export class PageIntake {
  readonly #page: SnapshotPage | ChangesPage;
  readonly #gone: readonly number[];
  readonly #account: string | null;
  readonly #now: () => number;
  readonly #watch: FieldWatch | undefined;
  readonly #sampler: PathSampler;
  readonly #state: PassState;
  /** A page that is the whole pass, such as a file, cannot repeat: it needs no digest. */
  readonly #content: Hash | null;
  /** Of a page that was passed over. */
  #knownContent: string | null = null;
  #totals: PageTotals = { counts: noChanges, records: 0, rejected: 0, duplicates: 0 };
  #keyless = 0;
  #leftOut = 0;
  #repeated = nothingRepeated;
  #held: HeldSet;
  #brought: PageBrought | undefined;
  #paths: StoredPaths | undefined;
  #standing: Standing | undefined;

  constructor(page: SnapshotPage | ChangesPage, { gone, account, now, watch, sampler }: PageOrigin, state: PassState) {
    this.#page = page;
    this.#account = account ?? null;
    this.#now = now;
    this.#watch = watch;
    this.#sampler = sampler;
    this.#held = state.held;
    this.#gone = gone;
    this.#state = state;
    this.#content = isOnlyPage(page, state.checkpoint) ? null : createHash('sha256');
  }

  add(batch: RecordBatch): void {
    const { counts, records, rejected, duplicates } = this.#totals;
    const quarantine = quarantined(batch.rejected).length;
    this.#leftOut += batch.rejected.length - quarantine;
    this.#totals = {
      counts,
      records: records + batch.raw,
      rejected: rejected + quarantine,
      duplicates: duplicates + batch.duplicates,
    };
    this.#keyless += batch.rejected.filter(({ key }) => key === null).length;
    for (const { content } of batch.chunks?.known ?? []) this.#knownContent = content;
    for (const { key, hash } of batch.records) this.#content?.update(`${key}\n${hash}\n`);
  }

  wrote({ counts, refused, repeated, standing, held }: Written): void {
    const totals = this.#totals;
    this.#repeated = repeated;
    this.#held = held;
    this.#totals = { ...totals, counts: sumCounts(totals.counts, counts), rejected: totals.rejected + refused };
    this.#standing = standing;
  }

  /** Where the pass stands after this page. Called again when a transaction is repeated: what the page brought stays the same. */
  readonly standingAfter: AfterPage = ({ refused, repeated, columns }) => {
    this.#brought ??= this.#whatItBrought();
    const { checkpoint, resource } = this.#state;
    this.#paths ??= pathsAfterPage(this.#state.paths, this.#sampler.found());
    const brought = {
      ...this.#brought,
      rejected: this.#brought.rejected + refused,
      duplicates: this.#brought.duplicates + repeated.duplicates,
      again: repeated.again,
      columns,
    };
    return { checkpoint: turnPage(checkpoint, brought, resource.maxPages), paths: this.#paths };
  };

  /** How many records a transform has left out. */
  get leftOut(): number {
    return this.#leftOut;
  }

  taken(): PageTaken {
    const { duplicates, again } = this.#repeated;
    const totals = { ...this.#totals, duplicates: this.#totals.duplicates + duplicates + again };
    if (this.#standing) return { ...totals, ...this.#standing, held: this.#held };
    throw new ProtocolError('the page ended without a last batch; its cursor stays where it was');
  }

  /** The digest of the page; null if it has none. Known once the page is in. */
  get content(): string | null {
    return this.#brought?.content ?? null;
  }

  #contentOf(read: Hash): string {
    return this.#knownContent ?? read.digest('base64url').slice(0, 11);
  }

  #whatItBrought(): PageBrought {
    const { next, bookmark } = this.#page;
    const { records, rejected, duplicates } = this.#totals;
    return {
      at: this.#now(),
      duplicates: firstCounts(this.#page) ? duplicates : 0,
      again: 0,
      columns: {},
      fields: this.#watch?.fields(),
      records,
      rejected,
      keyless: this.#keyless,
      next: typeof next === 'function' ? next() : next,
      content: this.#content && records > rejected + this.#leftOut ? this.#contentOf(this.#content) : null,
      bookmark: (typeof bookmark === 'function' ? bookmark() : bookmark) ?? null,
      isBookmarkLast: this.#page.isLog === true || this.#page.isBookmarkLast === true,
      account: this.#account,
      ...ofMode(this.#page, this.#gone),
    };
  }
}

/** Whether a page is the whole pass, as far as one knows before its records are read. */
export function isOnlyPage({ next }: SnapshotPage | ChangesPage, { cursor }: Checkpoint): boolean {
  return cursor === null && next === null;
}

/** What a page brings besides its records: one of a snapshot describes the pass, one of changes names what is gone. */
export function ofMode(
  page: SnapshotPage | ChangesPage,
  gone: readonly number[],
): Pick<PageBrought, 'total' | 'shifted' | 'validators' | 'tombstones'> {
  const shifted = page.shifted === true;
  if (page.mode === 'changes') return { total: null, shifted, validators: null, tombstones: gone };
  const { total, validators } = page;
  return { total: total ?? null, shifted, validators: validators ?? null, tombstones: [] };
}
