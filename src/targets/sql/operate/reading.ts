import type { TargetReader } from '../../../target.ts';
import type { OurRow } from '../our-rows.ts';
import { selectChain, storedTokenOf, tokensVersion } from '../tokens/chain-rows.ts';
import { activityOf, selectActivities } from './activities.ts';
import { type Book, bookVersion, type SharedStatement } from './book.ts';
import { previewOf, selectNews, selectPreview } from './news.ts';
import { pauseOf, selectPauses } from './pauses.ts';
import { permitOf, selectPermits } from './permits.ts';
import { countRuns, countRunsBySpan, runCountOf, runOf, runSpanOf, selectRuns } from './runs.ts';

/** Reads the rows of a statement that is made for the version of our tables. Without tables there are none. */
export type Ask = (make: (version: number) => SharedStatement) => Promise<readonly OurRow[]>;

export type BookQuestion =
  | 'runs'
  | 'runStats'
  | 'runHistory'
  | 'pauses'
  | 'permits'
  | 'activity'
  | 'news'
  | 'preview'
  | 'refreshToken';

/** About what runs and people did. */
export function bookQuestions(ask: Ask, book: Book): Pick<TargetReader, BookQuestion> {
  /** Nothing is read of the tables of an earlier release, which lack these. */
  const askNew = (statement: SharedStatement) => ask((version) => (version < bookVersion ? nothing : statement));
  return {
    runs: async (query) => (await ask((version) => selectRuns(book, version, query))).map(runOf),
    runStats: async (since) => (await ask((version) => countRuns(book, version, since))).map(runCountOf),
    async runHistory(since, spanMs) {
      const rows = await ask((version) => countRunsBySpan(book, version, since, Math.trunc(spanMs)));
      return rows.map(runSpanOf);
    },
    pauses: async () => (await askNew(selectPauses(book, Date.now()))).map(pauseOf),
    permits: async () => (await askNew(selectPermits(book, Date.now()))).map(permitOf),
    activity: async (query) => (await askNew(selectActivities(book, query))).map(activityOf),
    async news() {
      const [row] = await askNew(selectNews(book));
      return row ? String(row.state) : null;
    },
    async preview() {
      const [row] = await askNew(selectPreview(book));
      return row ? previewOf(row) : null;
    },
    async refreshToken(chain) {
      const [row] = await ask((version) => (version < tokensVersion ? nothing : selectChain(book, chain)));
      return row ? storedTokenOf(row) : null;
    },
  };
}

const nothing: SharedStatement = { sql: 'SELECT 1 LIMIT 0', values: [] };
