import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Step, stepsOf } from '../helpers/documents.ts';
import { Reader } from '../helpers/reader.ts';
import { aRedis, type RedisServer } from '../helpers/redis.ts';
import { scenes } from '../helpers/scenes.ts';
import { packTarball, type Tarball } from '../helpers/tarball.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Every command of the README and of docs/ is typed into a shell, and does what its page says. */
let redis: RedisServer;
let tarball: Tarball;
beforeAll(async () => {
  redis = await aRedis();
  tarball = packTarball();
});
afterAll(async () => {
  tarball[Symbol.dispose]();
  await redis.stop();
});

const pages = ['README.md', ...globSync('docs/*.md', { cwd: root })].filter((page) => stepsOf(page).length > 0);

test('the pages with commands are those that the reader is prepared for', () => {
  expect(pages.toSorted()).toEqual(Object.keys(scenes).toSorted());
});

describe.each(pages)('%s', (page) => {
  const { open, before = {} } = scenes[page] ?? {};
  let reader: Reader;
  beforeAll(async () => {
    await redis.client.flushall();
    reader = await Reader.open(redis, tarball);
    await open?.(reader);
  });
  afterAll(() => reader[Symbol.asyncDispose]());

  test.each(stepsOf(page).map((step): [string, Step] => [titleOf(step), step]))('%s', async (_title, step) => {
    await before[firstLineOf(step)]?.(reader);
    await reader.take(step);
  });
});

function titleOf(step: Step): string {
  return `line ${step.command.line}: ${firstLineOf(step)}`;
}

function firstLineOf({ command }: Step): string {
  return command.text.split('\n')[0] ?? '';
}
