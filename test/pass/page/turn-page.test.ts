import { describe, expect, test } from 'vitest';
import type { Checkpoint } from '../../../src/checkpoint.ts';
import { ProtocolError } from '../../../src/errors.ts';
import { type PageBrought, turnPage } from '../../../src/pass/page/turn-page.ts';
import { complete } from '../../../src/pass/transitions.ts';
import { aCheckpoint, progressed } from '../a-pass.ts';

const page = (changes: Partial<PageBrought> = {}): PageBrought => ({
  at: 5000,
  records: 2,
  rejected: 0,
  keyless: 0,
  duplicates: 0,
  again: 0,
  columns: {},
  next: null,
  content: null,
  total: null,
  shifted: false,
  account: null,
  bookmark: null,
  isBookmarkLast: false,
  validators: null,
  tombstones: [],
  ...changes,
});
const turned = (pages: readonly Partial<PageBrought>[], from: Checkpoint = aCheckpoint()) =>
  pages.reduce((checkpoint, brought) => turnPage(checkpoint, page(brought), 100), from);

describe('a page that is in', () => {
  test('moves the cursor, counts, and ends a series of failures', () => {
    const failing = {
      failures: 4,
      failingSince: 1000,
      failure: { exitCode: 76, message: 'x', hint: null, status: 404 },
    } as const;
    const after = turned([{ next: 'c2', records: 3, rejected: 2, keyless: 1 }], aCheckpoint(failing));
    expect(after).toMatchObject({ phase: 'walking', cursor: 'c2', failures: 0, backOff: null });
    expect(after).toMatchObject({ failingSince: null, failure: null, succeededAt: 5000 });
    expect(after.progress).toMatchObject({ pages: 1, records: 3, rejected: 2, keyless: 1 });
  });

  test('ends the walk if it is the last', () => {
    expect(turned([{ next: 'c2' }, { next: null }])).toMatchObject({ phase: 'deleting', cursor: null });
  });

  test('makes the pass doubtful for good if the pages shifted', () => {
    expect(turned([{ next: 'c2', shifted: true }, { next: null }]).progress.shifted).toBe(true);
  });

  test('keeps the last total that the third party gave', () => {
    expect(turned([{ next: 'c2', total: 9 }, { next: null }]).progress.total).toBe(9);
  });

  test('gives the next pass the bookmark of the first page', () => {
    const after = turned([{ next: 'c2', bookmark: 'first' }, { bookmark: 'second' }]);
    expect(complete(after, 9000, null).bookmark).toBe('first');
  });

  test.each([
    ['its own cursor again', [{ next: 'c2' }, { next: 'c2' }]],
    ['a cursor of before', [{ next: 'c2' }, { next: 'c3' }, { next: 'c2' }]],
    ['the content of before', [{ next: 'c2', content: 'x' }, { content: 'x' }]],
  ])('is refused if it gives %s', (_title, pages) => {
    expect(() => turned(pages)).toThrow(ProtocolError);
  });

  test('may be empty as often as it likes', () => {
    expect(turned([{ next: 'c2', records: 0 }, { next: 'c3', records: 0 }, { records: 0 }]).phase).toBe('deleting');
  });

  test('does not mistake a cursor for the content of a page', () => {
    expect(turned([{ next: 'same', content: 'same' }, { next: null }]).phase).toBe('deleting');
  });

  test('is refused if the pass does not end', () => {
    expect(turnPage(aCheckpoint({ progress: progressed({ pages: 4 }) }), page(), 5).phase).toBe('deleting');
    expect(() => turnPage(aCheckpoint({ progress: progressed({ pages: 4 }) }), page({ next: 'c' }), 5)).toThrow(
      'has brought 5 pages and does not end',
    );
  });

  test('leaves its bookmark to the pass if it is the first; in a log, if it is the last', () => {
    const pages = [
      { bookmark: 'a', next: 'c2' },
      { bookmark: 'b', next: null },
    ];
    expect(turned(pages).nextBookmark).toBe('a');
    expect(turned(pages.map((of) => ({ ...of, isBookmarkLast: true }))).nextBookmark).toBe('b');
  });

  test('leaves validators only if it is the only page', () => {
    const validators = { etag: '"1"' };
    expect(turned([{ validators }]).validators).toEqual(validators);
    expect(turned([{ validators, next: 'c2' }, { validators }]).validators).toBeNull();
  });
});
