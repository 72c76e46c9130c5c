import { heldNow } from '../../act/approve.ts';
import { withoutSecrets } from '../../config/effective.ts';
import { groupNamesOf } from '../../listener.ts';
import { HeldSet } from '../../pass/held-set.ts';
import { wordsOf } from '../../pass/held-words.ts';
import type { Resource } from '../../pass/resource.ts';
import type { HeldKind } from '../../permit.ts';
import type { StoredPass, TargetReader } from '../../target.ts';
import { judge } from '../../verdict/judge.ts';
import type { HeldSample, Sources } from '../../web/page.ts';
import { Snapshots } from '../../web/read/snapshots.ts';
import { patienceMs } from '../../web/read/within.ts';
import { StoreAsker } from '../ask/ask-stores.ts';
import { guardUses, metricsText } from '../ask/measure.ts';
import { openReader, type Setting } from '../open/app.ts';
import { compileResources } from '../open/compile-resources.ts';
import { openDeadLetters } from '../open/open-listener.ts';
import type { Opened } from '../open/opened.ts';
import { statusDocument } from '../status/document.ts';

/** How many of the records that are held are shown. */
const mostShown = 50;

/** What the page reads from. */
export async function openPageSources(setting: Setting, opened: Opened): Promise<Sources> {
  const { config, loaded } = setting;
  const resources = await compileResources(setting);
  const reading = impatient(setting);
  const letters = opened.use(await openDeadLetters(reading));
  const asker = opened.use(new StoreAsker(setting));
  const snapshots = new Snapshots(() => asker.ask());
  const database = await databaseOf(reading, opened);
  return {
    database,
    letters,
    facts: () => snapshots.facts(),
    snapshot: () => snapshots.snapshot(),
    forget: () => snapshots.forget(),
    statusOf: (facts) => statusDocument(facts, judge(facts)),
    metricsOf: (facts) => metricsText(facts, setting),
    guardUsed: (facts) => guardUses(facts, setting),
    async held(name) {
      const resource = resources.find(({ table }) => table.resource === name);
      return resource ? database((reader) => heldSamples(resource, reader)) : [];
    },
    resources: new Map(
      resources.map(({ table, everyMs, guard }) => [table.resource, { table, everyMs, guard }] as const),
    ),
    listeners: new Map(
      Object.entries(config.listeners).map(([name, { type, on, shards }]) => {
        return [name, { type, on, groups: groupNamesOf(name, shards) }] as const;
      }),
    ),
    config: { path: loaded.path, effective: withoutSecrets(config) },
  };
}

/** What the page has given up, the database gives up as well: a slow question holds up neither it nor the next one. */
function impatient(setting: Setting): Setting {
  return { ...setting, timings: { ...setting.timings, targetStatementMs: patienceMs } };
}

/** A file may appear or be replaced, so it is opened for each question. A server is asked over one connection. */
async function databaseOf(setting: Setting, opened: Opened): Promise<Sources['database']> {
  if (setting.config.target.type === 'postgres') {
    const reader = opened.use(await openReader(setting, setting.timings));
    return (work) => work(reader);
  }
  return async (work) => {
    await using reader = await openReader(setting, setting.timings);
    return await work(reader);
  };
}

/** What the guard holds back of a resource, with the first of the records. */
async function heldSamples({ table }: Resource, reader: TargetReader): Promise<HeldSample[]> {
  const stored = await reader.pass(table.resource);
  if (!stored) return [];
  const held = await heldNow([table.resource], { pass: async () => stored });
  return Promise.all(
    held.map(async ({ resource, what, name }) => {
      const records = await reader.rowsOf(table, firstIds(stored, what));
      return { resource, what, ...name, noun: wordsOf[what].noun, records };
    }),
  );
}

function firstIds({ held }: StoredPass, what: HeldKind): number[] {
  const { deletes, updates, emptied } = HeldSet.restore(held);
  const sets = what === 'deletes' ? [deletes] : [updates, ...emptied.values()];
  return [...new Set(sets.flatMap((set) => [...set].slice(0, mostShown)))].slice(0, mostShown);
}
