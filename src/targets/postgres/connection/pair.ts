import type { Connection } from './connection.ts';

/** What a run works with: one connection that writes, and one that reads meanwhile. */
export interface ConnectionPair {
  readonly writer: Connection;
  readonly reader: Connection;
}

/**
 * Makes a pair of what are two connections only where they must be: reads go over the writing one, until a read and a write want
 * it at the same time. Most runs find nothing new, and take one step after the other: they make one connection.
 */
export function pairOf(first: Connection, second: Connection): ConnectionPair {
  let isApart = false;
  let reads = 0;
  const readOverFirst: Connection['transaction'] = async (work, options) => {
    reads += 1;
    try {
      return await first.transaction(work, { ...options, mode: 'read' });
    } finally {
      reads -= 1;
    }
  };
  return {
    writer: {
      label: first.label,
      get isBusy() {
        return first.isBusy;
      },
      transaction(work, options) {
        isApart ||= reads > 0;
        return first.transaction(work, options);
      },
      [Symbol.asyncDispose]: () => first[Symbol.asyncDispose](),
    },
    reader: {
      label: second.label,
      get isBusy() {
        return second.isBusy;
      },
      transaction(work, options) {
        isApart ||= first.isBusy && reads === 0;
        return isApart ? second.transaction(work, options) : readOverFirst(work, options);
      },
      [Symbol.asyncDispose]: () => second[Symbol.asyncDispose](),
    },
  };
}
