import type { BackOffCause } from '../../src/errors.ts';
import type { SlotAnswer, SlotKeeper } from '../../src/throttle.ts';

/** A keeper in memory that writes down what it is asked, and answers as ordered; without orders it grants. */
export interface TestKeeper extends SlotKeeper {
  readonly calls: string[];
  readonly grants: string[];
  readonly deferred: { readonly forMs: number; readonly cause: BackOffCause }[];
}

/** `journal` is shared by several keepers, to see their order. */
export function aKeeper(name: string, journal: string[], ...answers: (SlotAnswer | Error)[]): TestKeeper {
  const calls: string[] = [];
  const grants: string[] = [];
  const deferred: { forMs: number; cause: BackOffCause }[] = [];
  const note = (call: string) => {
    calls.push(call);
    journal.push(`${name} ${call}`);
  };
  return {
    calls,
    grants,
    deferred,
    async take({ id, key }, windows, reserveMs) {
      note(`take ${key} ${windows.map(({ hits, perMs }) => `${hits}/${perMs}`)} +${reserveMs}`);
      grants.push(id);
      const answer = answers.shift() ?? { granted: true };
      if (answer instanceof Error) throw answer;
      return answer;
    },
    async settle(_grant, freesInMs) {
      note(`settle ${freesInMs}`);
    },
    async postpone(_grant, forMs) {
      note(`postpone ${forMs}`);
    },
    async cancel() {
      note('cancel');
    },
    async defer(key, forMs, cause) {
      note(`defer ${key}`);
      deferred.push({ forMs, cause });
    },
    async resume(key) {
      note(`resume ${key}`);
    },
  };
}
