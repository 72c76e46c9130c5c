import { describe, expect, test } from 'vitest';
import type { RunRow } from '../../src/run-row.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers, eventually, type Project } from '../helpers/sync.ts';

/** The runs of a project as `status` has them, newest first. */
async function runsOf(project: Project): Promise<readonly RunRow[]> {
  return (await project.sync(['status', '--json'])).json<{ runs: RunRow[] }>().runs;
}

describe.each(['sqlite', 'postgres'] as const)('the row of a run in %s', (target) => {
  test('says what the run spent its time on, how it was answered, and what it did for each resource', async () => {
    await using project = await aProject({ redis, target, records: customers(7), dialect: 'cursor', pageSize: 4 });
    await project.sync();
    const [row] = await runsOf(project);
    expect(row).toMatchObject({
      ...{ outcome: 'done', exitCode: 0, hits: 2, pages: 2, error: null, hint: null, statuses: { 200: 2 } },
      resources: [
        {
          ...{ resource: 'customers', pass: 1, phase: 'done', pages: 2, records: 7, rejected: 0, error: null },
          counts: { created: 7, updated: 0, deleted: 0 },
        },
      ],
    });
    const page = ['slot', 'fetch', 'map', 'commit'];
    const expected = ['lock', 'relay', ...page, ...page, 'delete', 'verify', 'relay'];
    expect(row?.phases?.map(({ phase }) => phase)).toEqual(expected);
    expect(row?.phases?.map(({ count }) => count)).toEqual([1, 0, 1, 1, 4, 4, 1, 1, 3, 3, 0, 0, 7]);
    expect(row?.version).toMatch(/^\d+\.\d+\.\d+/);
  });

  test('is there while the run works, without an end, and stays so if the run is killed', async () => {
    await using project = await aProject({ redis, target, records: customers(3) });
    const run = project.start(['run'], { env: { SYNC_CRASH_AT: 'headers-in:1:SIGSTOP' } });
    await run.stopped();
    const [working] = await runsOf(project);
    expect(working).toMatchObject({ endedAt: null, outcome: null, exitCode: null, hits: 0 });
    run.kill('SIGKILL');
    await run.finished;
    await eventually(async () => (await redis.client.exists(project.lockKey)) === 0);
    await project.sync();
    const [last, killed] = await runsOf(project);
    expect(last).toMatchObject({ outcome: 'done' });
    expect(killed).toEqual(working);
  });

  test('has what the third party did wrong, and the resource remembers since when', async () => {
    await using project = await aProject({ redis, target, records: customers(3) });
    project.party.script({ status: 500 }, { status: 404 });
    await project.sync();
    await project.sync();
    const status = (await project.sync(['status', '--json'])).json<{
      runs: RunRow[];
      resources: { checkpoint: { failingSince: number; failure: object; succeededAt: number | null } }[];
    }>();
    const failed = status.runs.at(-1);
    expect(failed).toMatchObject({
      ...{ outcome: 'failed', exitCode: 69, statuses: { 500: 1 } },
      ...{ error: expect.stringContaining('answered 500'), hint: expect.stringMatching(/\.$/) },
      resources: [{ resource: 'customers', pages: 0, error: expect.stringContaining('answered 500') }],
    });
    expect(failed?.phases?.map(({ phase }) => phase)).toEqual(['lock', 'relay', 'slot', 'fetch', 'relay']);
    const [customersNow] = status.resources;
    const { failingSince = 0, succeededAt } = customersNow?.checkpoint ?? {};
    expect(new Date(failingSince).getTime()).toBeLessThanOrEqual(new Date(failed?.endedAt ?? 0).getTime());
    expect(succeededAt).toBeNull();
  });
});
