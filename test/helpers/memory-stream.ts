import { beforeEverything, comparePositions, type Position } from '../../src/event.ts';
import type { EventStream } from '../../src/stream.ts';

/** A stream without groups, in memory: for stories that are about the target, thousands of runs of them. */
export function aMemoryStream(): EventStream {
  let entries: (Position & { readonly event: string })[] = [];
  let last = beforeEverything;
  return {
    state: async () => ({ last, length: entries.length, first: entries[0] ?? null, groups: [] }),
    async append(after, generation, { firstSeq, lines }, room) {
      const events = lines.texts().map((event, n) => ({ seq: firstSeq + n, event }));
      if (comparePositions(last, after) < 0) return { outcome: 'gap' };
      if (last.generation > generation) return { outcome: 'generation-ahead', last };
      const known = last.generation === generation ? last.seq : 0;
      const fresh = events.filter(({ seq }) => seq > known).slice(0, room);
      entries.push(...fresh.map(({ seq, event }) => ({ generation, seq, event })));
      last = entries.at(-1) ?? last;
      const duplicates = events.filter(({ seq }) => seq <= known).length;
      return { outcome: 'appended', appended: fresh.length, duplicates, last, length: entries.length };
    },
    read: async (position) => entries.find((entry) => comparePositions(entry, position) === 0)?.event ?? null,
    async trim(_expected, keep) {
      const removed = Math.max(0, entries.length - keep);
      entries = entries.slice(removed);
      return { outcome: 'trimmed', removed, length: entries.length };
    },
    ensureGroup: async () => 'existed',
    dropGroup: async () => false,
    async remove() {
      entries = [];
      last = beforeEverything;
    },
  };
}
