import { type Claimed, type EntryId, firstEntry } from '../../consumer.ts';

/** What a consumer of the outbox does not have: nothing there says which consumer has which event, so that it is alone. */
export abstract class SoleConsumer {
  readonly consumer = 'outbox';

  async claim(): Promise<Claimed> {
    return { entries: [], next: firstEntry, lost: [] };
  }

  async begin(): Promise<boolean> {
    return true;
  }

  async keepAlive(): Promise<readonly EntryId[]> {
    return [];
  }

  async leave(): Promise<void> {}

  async removeIdleConsumers(): Promise<number> {
    return 0;
  }
}
