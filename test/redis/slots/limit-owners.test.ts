import { expect, test } from 'vitest';
import { namingLimits, stricterLimits } from '../../../src/redis/slots/limit-owners.ts';
import { createRedisSlots } from '../../../src/redis/slots/slots.ts';
import { defaultTimings } from '../../../src/timings.ts';
import { aGrant, slotKeeperContract } from '../../contracts/slots.ts';
import { open } from '../../helpers/open-redis.ts';
import { redis as server } from '../../helpers/suite-redis.ts';

const strict = [{ hits: 1, perMs: 60_000 }];
const lax = [{ hits: 2, perMs: 1000 }];

async function aKeeper(sync: string) {
  const redis = await open(server.url);
  const keeper = createRedisSlots({ redis, prefix: 'sync', timings: defaultTimings });
  return { redis, keeper: namingLimits(keeper, sync, { redis, prefix: 'sync' }) };
}

slotKeeperContract('redis, with the names of those who asked', async () => ({
  keeper: (await aKeeper('crm')).keeper,
  async close() {},
}));

test('whoever is denied by a stricter limit learns whose it is, and for how long it is remembered', async () => {
  const [crm, billing] = [await aKeeper('crm'), await aKeeper('billing')];
  expect(await crm.keeper.take(aGrant(), strict, 0)).toEqual({ granted: true });
  const denied = await billing.keeper.take(aGrant(), lax, 0);
  expect(denied).toMatchObject({ granted: false, stricter: { hits: 1, perMs: 60_000, by: 'crm' } });
  const found = await stricterLimits({ redis: billing.redis, prefix: 'sync' }, 'acme', lax);
  expect(found?.forMs).toBeGreaterThan(3_500_000);
  expect(found?.forMs).toBeLessThanOrEqual(3_600_000);
});

test('whoever is denied by a limit of its own gets no names', async () => {
  const { keeper } = await aKeeper('crm');
  await keeper.take(aGrant(), strict, 0);
  expect(await keeper.take(aGrant(), strict, 0)).toEqual({ granted: false, waitMs: expect.any(Number) });
});
