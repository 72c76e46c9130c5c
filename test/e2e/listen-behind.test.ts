import { describe, expect, test } from 'vitest';
import { groupsOf, listenTimings } from '../helpers/listening.ts';
import { aReceiver, outOfOrder, type Received, webhookTo } from '../helpers/receiver.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, customers, eventually, type Project } from '../helpers/sync.ts';

const maxStream = 50;

async function aFullProject(target: 'sqlite' | 'postgres', listeners: Readonly<Record<string, object>>) {
  return aProject({
    redis,
    target,
    records: customers(200),
    timings: listenTimings,
    config: (config) => ({ ...config, listeners, events: { maxStream } }),
  });
}

const keysOf = (taken: readonly Received[]) => new Set(taken.map(({ key }) => key));

async function streamLength(project: Project): Promise<number> {
  return redis.client.xlen(project.streamKey);
}

async function groupNames(project: Project): Promise<readonly string[]> {
  return (await groupsOf(project)).map(({ name }) => name).sort();
}

describe.each(['sqlite', 'postgres'] as const)('on %s, beside a listener that takes nothing', (target) => {
  test.each([
    { how: 'is off (410)', answer: 410, ordering: 'key' },
    { how: 'fails all the time', answer: 500, ordering: 'key' },
    { how: 'fails, and keeps no order', answer: 500, ordering: 'none' },
  ] as const)('because it $how, the others get everything, and later it does too', async ({ answer, ordering }) => {
    await using stuck = await aReceiver();
    await using working = await aReceiver();
    stuck.answer(() => answer);
    const listeners = { stuck: webhookTo(stuck, { ordering }), working: webhookTo(working) };
    await using project = await aFullProject(target, listeners);
    await project.sync();
    const daemon = project.start(['listen']);
    await eventually(() => working.taken().length === 200);

    project.serve([...customers(199, 2), aCustomer(1, { status: 'gold' })]);
    await project.sync();
    await eventually(() => working.taken().length === 201);
    expect(await streamLength(project)).toBeLessThanOrEqual(maxStream);
    expect(stuck.taken()).toEqual([]);
    const status = await project.sync(['status', '--json']);
    const { listeners: shown } = status.json<{ listeners: readonly object[] }>();
    expect(shown).toContainEqual(expect.objectContaining({ listener: 'stuck', pending: 0, lag: 201, dead: 0 }));

    stuck.answer(() => 200);
    if (answer === 410) {
      daemon.kill('SIGTERM');
      expect((await daemon.finished).exitCode).toBe(0);
      const drained = await project.sync(['listen', '--drain']);
      expect(drained.exitCode, drained.stderr).toBe(0);
    }
    await eventually(() => keysOf(stuck.taken()).size === 200 && stuck.taken().some(({ seq }) => seq === 201));
    if (ordering === 'key') expect(outOfOrder(stuck.taken())).toEqual([]);
    expect(working.taken().length).toBe(201);

    // It reads the stream again as soon as it has caught up, and from then on it gets each event once.
    if (answer === 410) expect(await groupNames(project)).toEqual(['stuck', 'working']);
    else await eventually(async () => (await groupNames(project)).length === 2);
    const before = stuck.taken().length;
    if (answer !== 410) {
      project.serve(customers(200));
      await project.sync();
      await eventually(() => stuck.taken().length === before + 1 && working.taken().length === 202);
      daemon.kill('SIGTERM');
      expect((await daemon.finished).exitCode).toBe(0);
    }
  });
});
