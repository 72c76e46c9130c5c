import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers } from '../helpers/sync.ts';

type Line = Readonly<Record<string, unknown>>;

/** Every line, which must be JSON. */
function linesOf(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

const inKubernetes = { env: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } };

test('inside Kubernetes every line of stderr is JSON, with its sync, run, listener and event, and no secret', async () => {
  const secret = 'a-very-secret-token';
  const command = ['sh', '-c', `echo "refused ${secret}" >&2; exit 65`];
  await using project = await aProject({
    redis,
    records: customers(1),
    config: (config) => ({
      ...config,
      adapters: { acme: { ...config.adapters.acme, auth: { type: 'bearer', token: secret } } },
      listeners: { audit: { on: ['*'], from: 'beginning', type: 'exec', command } },
    }),
  });
  const run = await project.sync(['run'], inKubernetes);
  expect(run.stdout).toBe('');
  const about = { sync: project.name, pid: expect.any(Number), hostname: expect.any(String), time: expect.any(Number) };
  const [summary, ...rest] = linesOf(run.stderr);
  expect(rest).toEqual([]);
  expect(summary).toMatchObject({ ...about, level: 30, outcome: 'done', pages: 1, msg: expect.stringMatching(/done/) });
  expect(summary?.run).toMatch(/^[0-9a-f]{12}$/);

  project.party.script({ status: 500, body: `sorry ${secret}` });
  const failed = await project.sync(['run'], inKubernetes);
  expect(linesOf(failed.stderr)).toContainEqual(
    expect.objectContaining({ level: 50, exitCode: 69, resource: 'customers', run: expect.any(String) }),
  );
  const listen = await project.sync(['listen', '--drain'], inKubernetes);
  const event = expect.stringMatching(new RegExp(`^${project.name}:\\d+-1$`));
  expect(linesOf(listen.stderr)).toContainEqual(expect.objectContaining({ ...about, listener: 'audit', event }));
  expect(failed.stderr + listen.stderr).not.toContain(secret);
});

test('--log-format json also has what ends a command before its options are read', async () => {
  await using project = await aProject({ redis });
  const wrong = await project.sync(['run', '--log-format', 'json', '--nonsense']);
  expect(linesOf(wrong.stderr)).toEqual([
    expect.objectContaining({ level: 50, exitCode: 64, msg: expect.stringContaining('--nonsense') }),
  ]);
  await project.sync(['run', '--log-format', 'json']);
  await redis.client.set(project.lockKey, 'somebody');
  const locked = await project.sync(['run', '--log-format', 'json', '--quiet']);
  expect(linesOf(locked.stderr)).toEqual([expect.objectContaining({ level: 40, exitCode: 75, sync: project.name })]);
});
