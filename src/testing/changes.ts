import { deepEqual, equal } from 'node:assert/strict';
import type { Check } from './check.ts';
import { type AdapterSubject, onStage } from './subject.ts';
import { walkAll } from './walk-all.ts';

/** The rules for an adapter that reads what changed since a bookmark. */
export function changes(subject: AdapterSubject): Check {
  const { records, key, expected = records, tombstones = true } = subject;
  const run = () =>
    onStage(subject, async (stage) => {
      const { bookmark } = await walkAll(subject, stage);
      equal(typeof bookmark, 'string', 'the bookmark of a pass over everything is a');
      const [gone, ...left] = records;
      const deleted = tombstones ? [String((gone as Record<string, unknown>)[key])] : [];
      stage.thirdParty.set({ records: left, changed: left.slice(0, 1), deleted });
      const walk = await walkAll(subject, stage, bookmark);
      deepEqual(walk.records, expected.slice(1, 2), 'what changed since the bookmark');
      deepEqual(walk.deleted, deleted, 'what is gone since the bookmark');
      equal(typeof walk.bookmark, 'string', 'the bookmark of a page of changes is a');
    });
  const brought = tombstones ? 'what changed and what is gone' : 'what changed';
  return { name: `brings ${brought} since a bookmark, and a new bookmark`, run };
}
