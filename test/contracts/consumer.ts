import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { firstEntry, type GroupConsumer, GroupGoneError } from '../../src/consumer.ts';
import { LeaseLostError } from '../../src/errors.ts';

export interface ConsumersUnderTest {
  /** Joins the one group, under a new name; with a token, as the holder of its lease, or as who believes to be. */
  join(token?: string): Promise<GroupConsumer>;
  /** Says whose the group's lease is. */
  lend(token: string): Promise<void>;
  /** Appends events with these numbers. */
  append(...seqs: readonly number[]): Promise<void>;
  /** Removes the group. */
  destroy(): Promise<void>;
  /** Removes entries behind everybody's back. */
  trim(...seqs: readonly number[]): Promise<void>;
  /** Whom each pending entry belongs to, and how often it was delivered. */
  pending(): Promise<readonly { readonly id: string; readonly consumer: string; readonly deliveries: number }[]>;
  consumers(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** The ID of an entry. */
export const at = (seq: number) => `1700000000000-${seq}`;

const ids = ({ entries }: { readonly entries: readonly { readonly id: string }[] }) => entries.map(({ id }) => id);

/** What every consumer of a group does. */
export function consumerContract(name: string, make: () => Promise<ConsumersUnderTest>): void {
  describe(`group consumer contract: ${name}`, () => {
    let it: ConsumersUnderTest;
    beforeEach(async () => {
      it = await make();
    });
    afterEach(() => it.close());

    test('takes what is new, in order, no more than was asked for, and each entry once', async () => {
      await it.append(1, 2, 3);
      const [one, other] = [await it.join(), await it.join()];
      expect(await one.readNew(2)).toEqual({
        entries: [
          { id: at(1), event: '{"n":1}', deliveries: 1 },
          { id: at(2), event: '{"n":2}', deliveries: 1 },
        ],
        last: at(2),
      });
      expect(ids(await other.readNew(5))).toEqual([at(3)]);
      expect(await one.readNew(5)).toEqual({ entries: [], last: at(3) });
    });

    test('acknowledges what it owns, and returns what another has claimed', async () => {
      await it.append(1, 2, 3);
      const [one, other] = [await it.join(), await it.join()];
      await one.readNew(3);
      expect(ids(await other.claim(0, 1, firstEntry))).toEqual([at(1)]);
      expect(await one.acknowledge([at(1), at(2)])).toEqual([at(1)]);
      expect((await it.pending()).map(({ id, consumer }) => [id, consumer])).toEqual([
        [at(1), other.consumer],
        [at(3), one.consumer],
      ]);
      expect(await one.acknowledge([at(2)])).toEqual([]);
    });

    test('claims in the order of the stream, page by page, and comes to the end', async () => {
      await it.append(1, 2, 3, 4, 5);
      const gone = await it.join();
      await gone.readNew(5);
      const one = await it.join();
      const first = await one.claim(0, 2, firstEntry);
      const second = await one.claim(0, 2, first.next);
      const third = await one.claim(0, 2, second.next);
      expect([...ids(first), ...ids(second), ...ids(third)]).toEqual([1, 2, 3, 4, 5].map(at));
      expect(third.next).toBe(firstEntry);
      expect(first.entries[0]?.event).toBe('{"n":1}');
    });

    test('does not claim what was touched just now', async () => {
      await it.append(1);
      const busy = await it.join();
      await busy.readNew(1);
      await busy.keepAlive([at(1)]);
      expect(ids(await (await it.join()).claim(60_000, 10, firstEntry))).toEqual([]);
    });

    test('a claim is not a delivery; what begins after it is', async () => {
      await it.append(1);
      await (await it.join()).readNew(1);
      const one = await it.join();
      expect((await one.claim(0, 10, firstEntry)).entries).toMatchObject([{ deliveries: 1 }]);
      expect(await one.begin(at(1))).toBe(true);
      expect((await it.pending())[0]?.deliveries).toBe(2);
      const other = await it.join();
      expect((await other.claim(0, 10, firstEntry)).entries).toMatchObject([{ deliveries: 2 }]);
      expect(await one.begin(at(1))).toBe(false);
    });

    test('learns which of its entries another has claimed', async () => {
      await it.append(1, 2);
      const one = await it.join();
      await one.readNew(2);
      await (await it.join()).claim(0, 1, firstEntry);
      expect(await one.keepAlive([at(1), at(2), at(7)])).toEqual([at(1), at(7)]);
    });

    test('what it hands back can be claimed at once, as if it had never had it', async () => {
      await it.append(1, 2, 3);
      const gone = await it.join();
      await gone.readNew(1);
      const one = await it.join();
      await one.claim(0, 10, firstEntry);
      await one.begin(at(1));
      await one.readNew(2);
      await one.handBack([at(1), at(2)]);
      const claimed = await (await it.join()).claim(60_000, 10, firstEntry);
      expect(claimed.entries.map(({ id, deliveries }) => [id, deliveries])).toEqual([
        [at(1), 1],
        [at(2), 0],
      ]);
    });

    test('hands back nothing that is another consumer’s', async () => {
      await it.append(1);
      const one = await it.join();
      await one.readNew(1);
      const other = await it.join();
      await other.claim(0, 1, firstEntry);
      await one.handBack([at(1)]);
      expect(ids(await (await it.join()).claim(60_000, 10, firstEntry))).toEqual([]);
    });

    test('leaves when nothing is pending for it, and stays when something is', async () => {
      await it.append(1);
      const [busy, idle] = [await it.join(), await it.join()];
      await busy.readNew(1);
      await idle.readNew(1);
      await Promise.all([busy.leave(), idle.leave()]);
      expect(await it.consumers()).toEqual([busy.consumer]);
      expect(await busy.removeIdleConsumers(0)).toBe(0);
      await busy.acknowledge([at(1)]);
      expect(await busy.removeIdleConsumers(0)).toBe(1);
    });

    test('returns entries that were trimmed while they were pending', async () => {
      await it.append(1, 2);
      await (await it.join()).readNew(2);
      await it.trim(1);
      const claimed = await (await it.join()).claim(0, 10, firstEntry);
      expect([ids(claimed), claimed.lost]).toEqual([[at(2)], [at(1)]]);
      expect((await it.pending()).map(({ id }) => id)).toEqual([at(2)]);
    });

    test('of an ordered group, takes and claims only while the lease is held', async () => {
      await it.append(1, 2);
      await it.lend('mine');
      const one = await it.join('mine');
      expect(ids(await one.readNew(1))).toEqual([at(1)]);
      await it.lend('another');
      await expect(one.readNew(1)).rejects.toThrow(LeaseLostError);
      await expect(one.claim(0, 1, firstEntry)).rejects.toThrow(LeaseLostError);
      const other = await it.join('another');
      expect(ids(await other.claim(0, 10, firstEntry))).toEqual([at(1)]);
      expect(ids(await other.readNew(10))).toEqual([at(2)]);
    });

    test('says when the group is gone', async () => {
      await it.append(1);
      const one = await it.join();
      await one.readNew(1);
      await it.destroy();
      await expect(one.readNew(1)).rejects.toThrow(GroupGoneError);
      await expect(one.claim(0, 1, firstEntry)).rejects.toThrow(GroupGoneError);
      await expect(one.acknowledge([at(1)])).rejects.toThrow(GroupGoneError);
      await expect(one.keepAlive([at(1)])).rejects.toThrow(GroupGoneError);
      await expect(one.leave()).rejects.toThrow(GroupGoneError);
      await expect(it.join()).rejects.toThrow(GroupGoneError);
    });
  });
}
