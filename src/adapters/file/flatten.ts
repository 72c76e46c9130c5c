/**
 * Gives the elements of batches one by one, with a single promise each; an async generator would need three. `close` is called
 * at the end, also after an error.
 */
export function flatten<Element>(
  batches: AsyncGenerator<readonly Element[]>,
  close: () => void,
): AsyncIterableIterator<Element> {
  let batch: readonly Element[] = [];
  let at = 0;

  async function nextBatch(): Promise<IteratorResult<Element>> {
    for (;;) {
      const result = await batches.next().catch(fail);
      if (result.done) return end();
      batch = result.value;
      at = 1;
      const [first] = batch;
      if (batch.length > 0) return { done: false, value: first as Element };
    }
  }

  function end(): IteratorResult<Element> {
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
      if (at >= batch.length) return nextBatch();
      const value = batch[at] as Element;
      at += 1;
      return { done: false, value };
    },
    async return() {
      await batches.return(undefined);
      batch = [];
      return end();
    },
  };
}
