import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import type { Check } from './checks.ts';
import { type AdapterSubject, onStage, type Stage } from './subject.ts';
import { readPage, startWalk, type Walk } from './walk.ts';

/** What an adapter keeps to while all goes well: pages, cursors, and what it passes on. */
export function pages(subject: AdapterSubject): readonly Check[] {
  const { resource, records, key, hits, expected = records } = subject;
  const check = (name: string, play: (stage: Stage) => Promise<void>): Check => {
    return { name, run: () => onStage(subject, play) };
  };

  const always = [
    check('brings every record once, in order, with one hit a page, made with context.http', async (stage) => {
      const context = stage.context();
      const walk = await walkAll(resource, stage, context);
      deepEqual(walk.records, expected);
      equal(walk.pages.length, hits, 'pages of a pass');
      equal(stage.party.hits.length, hits, 'hits of a pass');
      equal(context.taken(), hits, 'slots of a pass: a request that context.http did not make is over the limit');
    }),
    check('tells a total that is true, or none', async (stage) => {
      const { pages } = await walkAll(resource, stage);
      for (const { total } of pages) ok(total === null || total === records.length, `the total ${total}`);
    }),
    check('ends at once where there is nothing', async (stage) => {
      stage.party.set({ records: [] });
      const walk = await walkAll(resource, stage);
      deepEqual(walk.records, []);
      equal(stage.party.hits.length, 1);
    }),
    check('gives the same page again for the same cursor, in another run', async (stage) => {
      const { pages } = await walkAll(resource, stage);
      for (const [at, page] of pages.entries()) {
        const cursor = pages[at - 1]?.next ?? null;
        const request = { resource, mode: 'snapshot', cursor, bookmark: null } as const;
        deepEqual(await readPage(await stage.adapter(), request, stage.context()), page);
      }
    }),
    check('passes on a key that comes twice, and a record without one', async (stage) => {
      const [first, ...others] = records;
      const keyless = Object.fromEntries(Object.entries({ ...first }).filter(([name]) => name !== key));
      stage.party.set({ records: [...others, { ...others[0] }, keyless] });
      equal((await walkAll(resource, stage)).records.length, records.length + 1, 'records: sync itself judges them');
    }),
    check('declares the modes that it can', async (stage) => {
      const modes = (await stage.adapter()).modes(resource);
      ok(modes.includes('snapshot'), 'no "snapshot": what is gone could never be found');
      equal(modes.includes('changes'), subject.changes === true, 'modes() has "changes", or the subject has');
    }),
  ];
  return [...always, ...(hits > 1 ? [endless(subject)] : []), ...(subject.changes ? [changes(subject)] : [])];
}

function endless(subject: AdapterSubject): Check {
  const run = () =>
    onStage(subject, async (stage) => {
      const { party } = stage;
      const first = await stage.adapter();
      await startWalk(subject.resource).takePage(first, stage.context());
      const [hit] = party.hits;
      if (!hit) throw new Error('the first page made no hit');
      const state = { records: subject.records, changed: [], deleted: [] };
      party.script(...Array.from({ length: 250 }, () => subject.serve(hit, state)));
      await rejects(walkAll(subject.resource, stage), 'a first page that comes again and again was taken for a pass');
    });
  return { name: 'takes a page that repeats for an error, or shows that it does', run };
}

function changes(subject: AdapterSubject): Check {
  const { resource, records, key, expected = records } = subject;
  const run = () =>
    onStage(subject, async (stage) => {
      const { bookmark } = await walkAll(resource, stage);
      ok(typeof bookmark === 'string', 'a snapshot of a resource with "changes" has a bookmark');
      const [gone, ...left] = records;
      const deleted = [String((gone as Record<string, unknown>)[key])];
      stage.party.set({ records: left, changed: left.slice(0, 1), deleted });
      const walk = startWalk(resource, { bookmark, key });
      while (!walk.isComplete) await walk.takePage(await stage.adapter(), stage.context());
      deepEqual(walk.records, expected.slice(1, 2), 'what changed since the bookmark');
      deepEqual(walk.deleted, deleted, 'what is gone since the bookmark');
      equal(typeof walk.bookmark, 'string', 'a page of changes has a bookmark');
    });
  return { name: 'brings what changed and what is gone since a bookmark, and a new bookmark', run };
}

/** A whole pass, each page in a run of its own: the cursor is all that there is between them. */
async function walkAll(resource: string, stage: Stage, context = stage.context()): Promise<Walk> {
  const walk = startWalk(resource);
  while (!walk.isComplete) await walk.takePage(await stage.adapter(), context);
  return walk;
}
