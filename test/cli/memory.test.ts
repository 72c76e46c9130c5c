import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { aRedis, type RedisServer } from '../helpers/redis.ts';

let redis: RedisServer;
let dir: string;
beforeAll(async () => {
  redis = await aRedis();
  dir = mkdtempSync(join(tmpdir(), 'cronsync-memory-'));
});
afterAll(async () => {
  rmSync(dir, { recursive: true });
  await redis.stop();
});

/** Runs the three commands that read all records, and counts which of them keep their heap small. */
async function commandsThatKeepItSmall(config: object): Promise<string[]> {
  const text = { type: 'string' };
  const people = { key: 'id', schema: { type: 'object', properties: { id: text }, required: ['id'] } };
  const files = { type: 'file', resources: { people: { path: 'people.ndjson' } } };
  const whole = { name: 'crm', adapter: 'files', resources: { people }, adapters: { files }, ...config };
  writeFileSync(join(dir, 'people.ndjson'), '{"id":"1"}\n');
  writeFileSync(join(dir, 'sync.config.json'), JSON.stringify(whole));
  const keeping: string[] = [];
  for (const line of ['run', 'run --dry-run', 'verify']) {
    const exitCode = await runCommandLine(line.split(' '), {
      cwd: dir,
      env: { REDIS_URL: redis.url },
      terminal: {
        stdin: new PassThrough().end(),
        stdout: new PassThrough().resume(),
        stderr: new PassThrough().resume(),
      },
      signal: new AbortController().signal,
      keepHeapSmall: () => void keeping.push(line),
    });
    expect([line, exitCode]).toEqual([line, 0]);
  }
  return keeping;
}

test('what reads all records keeps its heap small, unless the config gives it memory', async () => {
  expect(await commandsThatKeepItSmall({})).toEqual(['run', 'run --dry-run', 'verify']);
  expect(await commandsThatKeepItSmall({ memory: 'small' })).toEqual(['run', 'run --dry-run', 'verify']);
  expect(await commandsThatKeepItSmall({ memory: 'large' })).toEqual([]);
});
