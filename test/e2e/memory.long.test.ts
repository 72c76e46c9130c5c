import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aProject } from '../helpers/sync.ts';

// `npm run bench memory` measures two million records.

const peakMb = 200;
const small = { count: 200_000, note: 'lorem ipsum '.repeat(20) };
const large = { count: 3000, note: 'lorem ipsum '.repeat(5000) };

test.each([
  ['sqlite', 'many small records', small],
  ['sqlite', 'large records', large],
  ['postgres', 'many small records', small],
  ['postgres', 'large records', large],
] as const)('a first load and an update of every row in %s, of %s, stay under 200 MB', async (target, _what, size) => {
  await using project = await aProject({
    ...{ redis, target },
    config: (base) => ({
      ...base,
      resources: { people: { key: 'id', schema: { type: 'object', properties, required: ['id'] } } },
      adapters: { acme: { type: 'file', resources: { people: { path: './people.ndjson' } } } },
    }),
  });
  const peak = join(project.dir, 'peak');
  for (const version of [1, 2]) {
    await writePeople(join(project.dir, 'people.ndjson'), size, version);
    const { json, exitCode } = await project.start(['run', '--json'], { env: { NODE_OPTIONS: reportingPeak(peak) } })
      .finished;
    expect([exitCode, json().records]).toEqual([0, size.count]);
    expect(Number(readFileSync(peak, 'utf8'))).toBeLessThan(peakMb * 1e6);
  }
});

const text = { type: 'string' } as const;
const properties = { id: text, note: text, version: { type: 'integer' }, tags: { type: 'array' } };

async function writePeople(path: string, { count, note }: typeof small, version: number): Promise<void> {
  function* lines() {
    for (let n = 0; n < count; n += 1) {
      yield `${JSON.stringify({ id: String(n).padStart(9, '0'), note: `${n} ${note}`, version, tags: [n] })}\n`;
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(path));
}

/** Options of Node with which a process writes the bytes of its peak memory to a file as it ends. */
function reportingPeak(file: string): string {
  const report = `process.on('exit',()=>w(${JSON.stringify(file)},String(process.resourceUsage().maxRSS*1024)))`;
  return `--import=data:text/javascript,${encodeURIComponent(`import{writeFileSync as w}from'node:fs';${report}`)}`;
}
