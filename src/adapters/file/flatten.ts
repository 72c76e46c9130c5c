/**
 * Gives the elements of batches one by one, with a single promise each; an async generator would need three. `close` is called
 * at the end, also after an error.
 */
export function flatten<Element>(
  batches: AsyncGenerator<Iterable<Element>>,
  close: () => void,
): AsyncIterableIterator<Element> {
  let batch: Iterator<Element> = nothing();

  async function nextOfBatches(): Promise<IteratorResult<Element>> {
    for (;;) {
      const result = await batches.next().catch(fail);
      if (result.done) return end();
      batch = result.value[Symbol.iterator]();
      const first = nextOfBatch();
      if (!first.done) return first;
    }
  }

  function nextOfBatch(): IteratorResult<Element> {
    try {
      return batch.next();
    } catch (error) {
      return fail(error);
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
      const result = nextOfBatch();
      return result.done ? nextOfBatches() : result;
    },
    async return() {
      await batches.return(undefined);
      batch = nothing();
      return end();
    },
  };
}

function nothing(): Iterator<never> {
  return { next: () => ({ done: true, value: undefined }) };
}
