import type { Adapter } from '../adapter.ts';
import type { RawRecord } from '../record.ts';
import { openTestContext, type TestContext } from './context.ts';
import { openScriptedParty, type ScriptedParty, type ServeParty } from './party.ts';

/** An adapter, and as much of its third party as it needs. */
export interface AdapterSubject {
  /** The resource that is read. */
  readonly resource: string;
  /** Makes the adapter for a third party at this URL, as a run does: called again and again, so that nothing is kept. */
  create(url: string): Adapter | Promise<Adapter>;
  /** The third party: what it answers to the adapter's requests. */
  readonly serve: ServeParty;
  /** What it has: three records or more, in its own form, each with another key. */
  readonly records: readonly object[];
  /** The field of such a record that the system's key is made from. */
  readonly key: string;
  /** What the adapter brings for `records`, where it is not the same. */
  readonly expected?: readonly RawRecord[];
  /** How many hits a pass over `records` takes: more than one, if the third party has pages at all. */
  readonly hits: number;
  /** A body that ends inside a record, where half of the first answer is not one. */
  readonly cutBody?: string;
  /**
   * True: the adapter reads what changed, and `serve` answers that with `changed` and `deleted`. Where it reads nothing else,
   * `serve` answers with `records` as long as there is no bookmark.
   */
  readonly changes?: boolean;
  /** False: the changes do not tell what is gone. */
  readonly tombstones?: boolean;
  /**
   * True: the adapter starts a program that makes the requests, in a slot of `context.http.takeSlot`. Of an answer that is no
   * success cronsync then sees only that the program failed.
   */
  readonly program?: boolean;
}

/** What one check plays on. */
export interface Stage {
  readonly party: ScriptedParty;
  /** A fresh adapter, as in a run of its own. */
  adapter(): Promise<Adapter>;
  context(signal?: AbortSignal): TestContext;
}

/** Opens a third party that has the subject's records, lets the check play, and closes it. */
export async function onStage(subject: AdapterSubject, play: (stage: Stage) => Promise<void>): Promise<void> {
  await using party = await openScriptedParty(subject.serve);
  party.set({ records: subject.records });
  await play({
    party,
    adapter: async () => subject.create(party.url),
    context: (signal) => openTestContext(party.url, signal),
  });
}
