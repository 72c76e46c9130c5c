import type { Target } from '../../../target.ts';
import { dropOldActivities, storeActivity } from './activities.ts';
import type { Book, SharedStatement } from './book.ts';
import { storePreview } from './news.ts';
import { dropPause, storePause } from './pauses.ts';
import { dropPermit, storePermit } from './permits.ts';
import { dropOldRuns, storeRun } from './runs.ts';

/**
 * Runs statements in one transaction, and returns how many rows the first one has changed. In the tables of an earlier release
 * it throws `ConfigError`, or changes nothing.
 */
export type Write = (statements: readonly SharedStatement[], inOlderTables: 'throw' | 'skip') => Promise<number>;

export type BookEntry =
  | ('startRun' | 'recordRun' | 'recordActivity' | 'savePreview')
  | ('setPause' | 'endPause' | 'storePermit' | 'dropPermit');

/** What runs and people leave. */
export function bookEntries(write: Write, book: Book): Pick<Target, BookEntry> {
  return {
    startRun: async (run) => void (await write([storeRun(book, run)], 'throw')),
    recordRun: async (run) => void (await write([storeRun(book, run), dropOldRuns(book, run)], 'throw')),
    setPause: async (pause) => void (await write([storePause(book, pause)], 'throw')),
    endPause: async (listener) => (await write([dropPause(book, listener)], 'skip')) > 0,
    storePermit: async (permit) => void (await write([storePermit(book, permit)], 'throw')),
    dropPermit: async (resource, what) => void (await write([dropPermit(book, resource, what)], 'skip')),
    recordActivity: async (activity) =>
      void (await write([storeActivity(book, activity), dropOldActivities(book)], 'skip')),
    savePreview: async (preview) => void (await write([storePreview(book, preview, Date.now())], 'throw')),
  };
}
