import type { Adapter } from '../adapter.ts';
import type { RawRecord } from '../record.ts';
import { openTestContext, type TestContext } from './context.ts';
import { openScriptedThirdParty, type ScriptedThirdParty, type ServeThirdParty } from './third-party.ts';

/** An adapter, and the parts of its third party that it needs. */
export interface AdapterSubject {
  /** The resource that is read. */
  readonly resource: string;
  /** Creates the adapter for a third party at this URL. It is called again for each run, so that the adapter can keep nothing. */
  create(url: string): Adapter | Promise<Adapter>;
  /** The third party: its answers to the adapter's requests. */
  readonly serve: ServeThirdParty;
  /** Its data: three or more records in its own form, each with a different key. */
  readonly records: readonly object[];
  /** The field of such a record that the system's key is made from. */
  readonly key: string;
  /** What the adapter brings for `records`, if it is not the same. */
  readonly expected?: readonly RawRecord[];
  /** How many hits a pass over `records` takes. It must be more than one if the third party has pages. */
  readonly hits: number;
  /** A body that ends inside a record, if half of the first answer does not. */
  readonly cutBody?: string;
  /**
   * True if the adapter reads what changed, and `serve` answers that with `changed` and `deleted`. If it can read nothing else,
   * `serve` answers with `records` as long as there is no bookmark.
   */
  readonly changes?: boolean;
  /** False if the changes do not include what is gone. */
  readonly tombstones?: boolean;
  /**
   * True if the adapter starts a program that makes the requests, in a slot of `context.http.takeSlot`. If an answer is not a
   * success, cronsync then sees only that the program failed.
   */
  readonly program?: boolean;
}

/** What one check works with. */
export interface Stage {
  readonly thirdParty: ScriptedThirdParty;
  /** A new adapter, as in a new run. */
  adapter(): Promise<Adapter>;
  context(signal?: AbortSignal): TestContext;
}

/** Opens a third party that has the subject's records, runs the check, and closes it. */
export async function onStage(subject: AdapterSubject, play: (stage: Stage) => Promise<void>): Promise<void> {
  await using thirdParty = await openScriptedThirdParty(subject.serve);
  thirdParty.set({ records: subject.records });
  await play({
    thirdParty,
    adapter: async () => subject.create(thirdParty.url),
    context: (signal) => openTestContext(thirdParty.url, signal),
  });
}
