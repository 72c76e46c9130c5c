import type { RecordChunk } from '../../adapter.ts';
import type { RawRecord } from '../../record.ts';

/**
 * Gives the records of chunks one by one, with a single promise each; an async generator would need three. `close` is called
 * at the end, also after an error.
 */
export function flatten(chunks: AsyncGenerator<RecordChunk>, close: () => void): AsyncIterableIterator<RawRecord> {
  let chunk: Iterator<RawRecord> = nothing();

  async function nextOfChunks(): Promise<IteratorResult<RawRecord>> {
    for (;;) {
      const result = await chunks.next().catch(fail);
      if (result.done) return end();
      chunk = result.value.records[Symbol.iterator]();
      const first = nextOfChunk();
      if (!first.done) return first;
    }
  }

  function nextOfChunk(): IteratorResult<RawRecord> {
    try {
      return chunk.next();
    } catch (error) {
      return fail(error);
    }
  }

  function end(): IteratorResult<RawRecord> {
    close();
    return { done: true, value: undefined };
  }

  function fail(error: unknown): never {
    close();
    throw error;
  }

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const result = nextOfChunk();
      return result.done ? nextOfChunks() : result;
    },
    async return() {
      await chunks.return(undefined);
      chunk = nothing();
      return end();
    },
  };
}

function nothing(): Iterator<never> {
  return { next: () => ({ done: true, value: undefined }) };
}
