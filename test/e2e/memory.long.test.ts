import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, type Project } from '../helpers/sync.ts';

// What bench/large.ts does with ten million records, with fewer. Without a limit each of these takes 300 MB and more.

/** Writes to a file how much memory a process has had at most, in kilobytes, when it exits. */
const witness = `process.once('exit', () => {
  require('node:fs').writeFileSync(process.env.PEAK, String(process.resourceUsage().maxRSS));
});`;

describe.each(['sqlite', 'postgres'] as const)('a run stays under 200 MB of memory, into %s:', (target) => {
  test.each([
    ['200,000 records of 300 bytes', 200_000, 150],
    ['3000 records of 60 kB', 3000, 60_000],
  ])(
    '%s',
    async (_title, count, length) => {
      const config = (base: BaseConfig) => ({
        ...base,
        adapters: { acme: { type: 'file', resources: { customers: { path: './customers.ndjson' } } } },
      });
      await using project = await aProject({ redis, target, config, ttl: '30s' });
      await writeRecords(join(project.dir, 'customers.ndjson'), count, length);
      await project.write('witness.cjs', witness);

      const created = await peakOf(project, { created: count });
      const unchanged = await peakOf(project, { created: 0 });

      console.log(JSON.stringify({ target, count, length, created, unchanged }));
      expect(created).toBeLessThan(200);
      expect(unchanged).toBeLessThan(200);
    },
    600_000,
  );
});

/** Runs the published command, and returns its peak in megabytes. */
async function peakOf(project: Project, counts: { readonly created: number }): Promise<number> {
  const peak = join(project.dir, 'peak');
  const run = await project.sync(['run', '--json'], {
    bundle: 'published',
    env: { NODE_OPTIONS: `--require ${join(project.dir, 'witness.cjs')}`, PEAK: peak },
    ownProcess: true,
  });
  expect(run.json(), run.stdout).toMatchObject({ outcome: 'done', counts });
  return Math.round(Number(readFileSync(peak, 'utf8')) / 1024);
}

async function writeRecords(path: string, count: number, length: number): Promise<void> {
  const out = createWriteStream(path);
  for (let n = 0; n < count; n += 1) {
    const words = Array.from({ length: Math.ceil(length / 15) }, (_, at) => ((n + 1) * (at + 7919)).toString(36));
    const record = {
      id: String(n).padStart(12, '0'),
      email: `customer.${n}@example.com`,
      state: n % 8 === 0 ? 'Gdańsk' : 'active',
      tags: ['gold', { since: n, note: words.join(' ').padEnd(length, '.') }],
    };
    if (!out.write(`${JSON.stringify(record)}\n`)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}
