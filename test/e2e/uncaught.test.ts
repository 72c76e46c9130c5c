import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig } from '../helpers/sync.ts';

/** Serves one page, and then throws where nobody can catch it, while the run waits for the next one. */
const faulty = `
async function drained({ body }) {
  for await (const _ of body);
}

export default {
  create: ({ baseUrl }) => ({
    modes: () => ['snapshot'],
    isStable: () => true,
    async fetchPage({ cursor }, { http, signal }) {
      if (cursor === null) return { mode: 'snapshot', records: [{ id: '1' }], next: '2' };
      await drained(await http.request({ url: new URL('/customers', baseUrl) }));
      setTimeout(() => { throw new Error('nobody catches this'); });
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  }),
};
`;

test('an error that nothing catches ends a run with 70, keeps what is committed, and releases the lock', async () => {
  await using project = await aProject({
    redis,
    config: (config: BaseConfig) => {
      const { throttle, baseUrl } = config.adapters.acme;
      const resources = { customers: {} };
      return { ...config, adapters: { acme: { type: './faulty.mjs', throttle, baseUrl, resources } } };
    },
  });
  await project.write('faulty.mjs', faulty);
  const run = await project.sync(['run', '--json'], { ownProcess: true });
  expect(run.stderr).toContain('nobody catches this');
  expect(run.stderr).toContain('a bug');
  expect(run.exitCode, run.stderr + run.stdout).toBe(70);
  expect(run.json()).toMatchObject({ outcome: 'stopped', exitCode: 70, pages: 1 });
  expect(await redis.client.exists(project.lockKey)).toBe(0);
  expect(await project.database.rows()).toHaveLength(1);
});
