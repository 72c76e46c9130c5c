import { expect, test } from 'vitest';
import { deadLetters, groupsOf, listenTimings, withListeners } from '../helpers/listening.ts';
import { receiverSecret } from '../helpers/receiver.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers, type SyncEvent } from '../helpers/sync.ts';
import { type Arrival, aThirdParty } from '../helpers/third-party.ts';

const keysIn = ({ body }: Arrival): string[] => JSON.parse(body).map(({ subject }: SyncEvent) => subject);

test('a webhook in batches gets every event in fewer requests, and only the poison one dies', async () => {
  await using receiver = await aThirdParty();
  const refusePoison = (arrival: Arrival) => ({ status: keysIn(arrival).includes('7') ? 422 : 200 });
  receiver.script(...Array.from({ length: 200 }, () => refusePoison));
  const notify = {
    on: ['customers.*'],
    from: 'beginning',
    type: 'webhook',
    url: receiver.url,
    secret: receiverSecret,
    allowPrivate: true,
    concurrency: 20,
    batch: { max: 50 },
  };
  const config = withListeners({ notify });
  await using project = await aProject({ redis, records: customers(100), timings: listenTimings, config });
  await project.sync();
  expect((await project.sync(['listen', '--drain'])).exitCode).toBe(0);

  const taken = receiver.arrivals.map(keysIn).filter((keys) => !keys.includes('7'));
  expect(taken.flat()).toHaveLength(99);
  expect(new Set(taken.flat()).size).toBe(99);
  expect(receiver.arrivals.length).toBeLessThan(60);
  expect(Math.max(...receiver.arrivals.map((arrival) => keysIn(arrival).length))).toBeLessThanOrEqual(20);
  expect(deadLetters(project)).toMatchObject([{ reason: 'permanent' }]);
  expect(await groupsOf(project)).toEqual([{ name: 'notify', pending: 0, behind: false }]);
});
