import { deepEqual, equal, ok } from 'node:assert/strict';
import { changes } from './changes.ts';
import type { Check } from './check.ts';
import { endless } from './endless.ts';
import { type AdapterSubject, onStage, type Stage } from './subject.ts';
import { readPage, startWalk } from './walk.ts';
import { walkAll } from './walk-all.ts';

/** The rules for an adapter when nothing fails: pages, cursors, and what it passes on. */
export function pages(subject: AdapterSubject): readonly Check[] {
  const { records, key, hits, expected = records } = subject;
  const check = (name: string, play: (stage: Stage) => Promise<void>): Check => {
    return { name, run: () => onStage(subject, play) };
  };

  const always = [
    check('brings every record once, in order, with one hit and one slot a page', async (stage) => {
      const { pages, records } = await walkCounting(subject, stage);
      deepEqual(records, expected);
      equal(pages.length, hits, 'pages of a pass');
    }),
    check('gives a total that is true, or none', async (stage) => {
      const { pages } = await walkAll(subject, stage);
      for (const { total } of pages) ok(total === null || total === records.length, `the total ${total}`);
    }),
    check('ends at once where there is nothing', async (stage) => {
      stage.thirdParty.set({ records: [] });
      const walk = await walkAll(subject, stage);
      deepEqual(walk.records, []);
      equal(stage.thirdParty.hits.length, 1);
    }),
    check('gives the same page again for the same cursor, in another run', async (stage) => {
      const { pages } = await walkAll(subject, stage);
      for (const page of pages) deepEqual(await readPage(await stage.adapter(), page.request, stage.context()), page);
    }),
    check('passes on a key that comes twice, and a record without one', async (stage) => {
      const [first, ...others] = records;
      const keyless = Object.fromEntries(Object.entries({ ...first }).filter(([name]) => name !== key));
      stage.thirdParty.set({ records: [...others, { ...others[0] }, keyless] });
      equal((await walkAll(subject, stage)).records.length, records.length + 1, 'records: cronsync itself judges them');
    }),
    check('declares the modes that it has', async (stage) => {
      const modes = (await stage.adapter()).modes(subject.resource);
      ok(modes.length > 0, 'modes() has none: the resource could not be read');
      equal(modes.includes('changes'), subject.changes === true, 'modes() has "changes", or the subject has');
    }),
  ];
  return [...always, ...(hits > 1 ? [endless(subject)] : []), ...(subject.changes ? [changes(subject)] : [])];
}

/** A page that makes two hits is over the limit, even if another page makes none. */
async function walkCounting({ resource, key }: AdapterSubject, stage: Stage) {
  const context = stage.context();
  const walk = startWalk(resource, { key });
  while (!walk.isComplete) {
    await walk.takePage(await stage.adapter(), context);
    const count = walk.pages.length;
    equal(stage.thirdParty.hits.length, count, `hits when ${count} pages are in`);
    equal(context.taken(), count, `slots when ${count} pages are in: only context.http takes them`);
  }
  return walk;
}
