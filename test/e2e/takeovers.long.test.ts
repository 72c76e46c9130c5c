import { test } from 'vitest';
import { aCluster } from '../helpers/cluster.ts';
import { aSentinelSetup } from '../helpers/sentinel.ts';
import { clusterTakeovers, sentinelTakeovers, throttleKeyOf } from '../helpers/takeovers.ts';
import { surviveAll } from '../helpers/under-takeovers.ts';

const title = '%s: whoever takes over, no hit is early, and every change is delivered once or more, in order';

test.each(['sentinel'])(
  title,
  async (shape) => {
    await using redis = await aSentinelSetup();
    await surviveAll(shape, redis, () => sentinelTakeovers(redis));
  },
  600_000,
);

test.each(['cluster'])(
  title,
  async (shape) => {
    await using redis = await aCluster();
    await surviveAll(shape, redis, (project) => clusterTakeovers(redis, [project.lockKey, throttleKeyOf(project)]));
  },
  600_000,
);
