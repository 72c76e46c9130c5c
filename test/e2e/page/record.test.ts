import { expect, test } from 'vitest';
import { hubKey, labId, persons, twoForges } from '../../helpers/forges.ts';
import { aPage } from '../../helpers/page.ts';
import { redis } from '../../helpers/suite-redis.ts';

test('a record with match is shown with what each third party calls it', async () => {
  await using forges = await twoForges({ redis, people: persons(3) });
  await forges.project.sync();
  await forges.swapTo('lab', (config) => ({ ...config, lock: { ttl: '30s' } }));
  await forges.project.sync();
  await using page = await aPage(forges.project);
  const { text } = await page.get(`/record?resource=customers&key=${hubKey(1)}`);
  expect(text).toMatch(
    /● live .* What third parties call it Adapter Its id there Became the key hub 1001 yes lab 1040 – /,
  );
  expect(labId(1)).toBe(1040);
});
