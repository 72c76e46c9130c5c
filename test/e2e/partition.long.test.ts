import { test } from 'vitest';
import { aCluster } from '../helpers/cluster.ts';
import { PartedNet } from '../helpers/parted-net.ts';
import { aSentinelSetup } from '../helpers/sentinel.ts';
import { clusterPartitions, sentinelPartitions, throttleKeyOf } from '../helpers/takeovers.ts';
import { surviveAll } from '../helpers/under-takeovers.ts';

const title = '%s: while the network parts, no hit is early, and every change is delivered once or more, in order';

test.each(['sentinel'])(
  title,
  async (shape) => {
    await using net = new PartedNet();
    await using redis = await aSentinelSetup({ net });
    await surviveAll(`parted ${shape}`, redis, () => sentinelPartitions(redis, net));
  },
  900_000,
);

test.each(['cluster'])(
  title,
  async (shape) => {
    await using net = new PartedNet();
    await using redis = await aCluster({ net });
    await surviveAll(`parted ${shape}`, redis, (project) =>
      clusterPartitions(redis, net, [project.lockKey, throttleKeyOf(project)]),
    );
  },
  900_000,
);
