// A listener of your own: it keeps a small search index in step. The most specific handler is called for each event.
import { readFile, writeFile } from 'node:fs/promises';
import { type ChangeEvent, DeadLetter, defineListener } from 'cronsync';

const file = new URL('./index.json', import.meta.url);

type Index = Record<string, string>;

export default defineListener({
  'customers.deleted': async ({ subject }, { log }) => {
    await changeIndex(({ [subject]: _gone, ...rest }) => rest);
    log.info(`reindex: ${subject} is gone`);
  },
  'customers.*': async (event) => {
    const words = wordsOf(event);
    await changeIndex((index) => ({ ...index, [event.subject]: words }));
  },
});

/** A retry cannot fix such a record: it waits among the dead letters until somebody has fixed it. */
function wordsOf({ data, subject }: ChangeEvent): string {
  const { email, state } = data.after ?? {};
  if (typeof email !== 'string') throw new DeadLetter(`customer ${subject} has no email`);
  return `${email} ${state ?? ''}`;
}

let turn: Promise<unknown> = Promise.resolve();

/** Several keys are delivered at once, and there is one file: each change waits for its turn. */
function changeIndex(change: (index: Index) => Index): Promise<void> {
  const changed = turn.then(async () => {
    const index: Index = JSON.parse(await readFile(file, 'utf8').catch(() => '{}'));
    await writeFile(file, `${JSON.stringify(change(index), null, 2)}\n`);
  });
  turn = changed.catch(() => {});
  return changed;
}
