import type { Committed } from '../../batch.ts';
import { sumCounts } from '../../change.ts';

/** What two transactions have written, one after the other. */
export function sumCommitted(a: Committed, b: Committed): Committed {
  return {
    counts: sumCounts(a.counts, b.counts),
    ids: [...a.ids, ...b.ids],
    busy: [...a.busy, ...b.busy],
    refused: [...a.refused, ...b.refused],
    events: a.events + b.events,
    nextSeq: b.nextSeq,
  };
}
