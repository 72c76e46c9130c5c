import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, type Project } from '../helpers/sync.ts';

// What bench/csv.ts does with ten million rows, with fewer.

const count = 20_000;
const lines = ['id,email,name', ...Array.from({ length: count }, (_, n) => lineOf(n))];
const whole = `${lines.join('\n')}\n`;

test.each(['people.csv', 'people.csv.gz'])('%s is read whole, again without a difference', async (name) => {
  await using project = await loaded(name);
  expect((await project.sync()).json()).toMatchObject({ outcome: 'done', records: count, counts: none });
});

describe('a file that is cut inside a record exits 76 and deletes nothing:', () => {
  const middle = whole.indexOf(`"Person ""${count * 0.7}""`);

  test.each([
    ['in a quoted field', 'people.csv', () => Buffer.from(whole.slice(0, middle + 20))],
    ['between two fields', 'people.csv', () => Buffer.from(whole.slice(0, whole.indexOf('person.14000@')))],
    ['in the key', 'people.csv', () => Buffer.from(whole.slice(0, whole.lastIndexOf('\n', middle) + 4))],
    ['anywhere, in gzip', 'people.csv.gz', () => gzipSync(whole).subarray(0, -5000)],
    ['in gzip of the half', 'people.csv.gz', () => gzipSync(whole.slice(0, middle + 20))],
  ])('%s', async (_title, name, content) => {
    await using project = await loaded(name);
    writeFileSync(join(project.dir, name), content());
    const { exitCode, stderr } = await project.sync(['run']);
    expect([exitCode, stderr]).toEqual([76, expect.stringMatching(/broken|cut off|damaged/)]);
    expect(live(project)).toBe(count);

    writeFileSync(join(project.dir, name), name.endsWith('.gz') ? gzipSync(whole) : whole);
    expect((await project.sync()).json()).toMatchObject({ outcome: 'done', counts: none });
  });

  test('in the last field of a line, where the config says how a file ends', async () => {
    await using project = await loaded('people.csv', { newlineAtEnd: true });
    truncateSync(join(project.dir, 'people.csv'), whole.indexOf(`Person number ${count - 3}`) + 9);
    expect((await project.sync()).exitCode).toBe(76);
    expect(live(project)).toBe(count);
  });
});

describe("a file that is cut at a line's end is for the guard: exit 3, and every row is live:", () => {
  const part = `${lines.slice(0, count * 0.75).join('\n')}\n`;

  test.each([
    ['people.csv', Buffer.from(part)],
    ['people.csv.gz', gzipSync(part)],
  ])('%s', async (name, content) => {
    await using project = await loaded(name);
    writeFileSync(join(project.dir, name), content);
    const { exitCode, json } = await project.sync();
    expect(exitCode).toBe(3);
    expect(json()).toMatchObject({ outcome: 'held', counts: none });
    expect(live(project)).toBe(count);
    expect(project.events('people.deleted')).toEqual([]);
  });
});

const none = { created: 0, updated: 0, deleted: 0 };

function lineOf(n: number): string {
  const name = n % 7 === 0 ? `"Person ""${n}"",\nthe seventh"` : `Person number ${n}`;
  return `${n},person.${n}@example.com,${name}`;
}

/** A project that has taken the whole file in. */
async function loaded(path: string, csv: object = {}): Promise<Project> {
  const properties = { id: { type: 'integer' }, email: { type: 'string' }, name: { type: 'string' } };
  const config = (base: BaseConfig) => ({
    ...base,
    resources: { people: { key: 'id', schema: { type: 'object', properties, required: ['id'] } } },
    adapters: { acme: { type: 'file', resources: { people: { path: `./${path}`, csv } } } },
  });
  const project = await aProject({ redis, config });
  writeFileSync(join(project.dir, path), path.endsWith('.gz') ? gzipSync(whole) : whole);
  expect((await project.sync()).json()).toMatchObject({ hits: 0, counts: { ...none, created: count } });
  return project;
}

function live(project: Project): number {
  return Number(project.query('SELECT count(*) AS live FROM people WHERE deleted_at IS NULL')[0]?.live);
}
