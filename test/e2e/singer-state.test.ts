import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Finished } from '../helpers/child.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, expectInStep, type Project } from '../helpers/sync.ts';

/** Notes the state that it starts with, says what is in `says`, and ends as `end` does. */
const script = `
  const { appendFileSync, readFileSync } = require('node:fs');
  const at = process.argv.indexOf('--state');
  appendFileSync('starts', (at === -1 ? 'none' : readFileSync(process.argv[at + 1], 'utf8')) + '\\n');
  process.stdout.write(readFileSync('says', 'utf8'), () => { SCRIPT });`;

type Said = object | string;
const schema = (stream = 'people') => ({ type: 'SCHEMA', stream, schema: {}, key_properties: ['id'] });
const record = (id: number, email = `${id}@example.com`, stream = 'people') => {
  return { type: 'RECORD', stream, record: { id: String(id), email, tags: [], state: 'known' } };
};
const state = (value: unknown) => ({ type: 'STATE', value });
const kept = (id: number, email = `${id}@example.com`) => ({ id: String(id), email, state: 'known', tags: [] });

const warningsOf = (finished: Finished): readonly string[] => finished.json().warnings;

interface Tapped extends AsyncDisposable {
  readonly project: Project;
  /** What the tap says from now on, and how it ends. */
  says(messages: readonly Said[], end?: string): Promise<void>;
  starts(): Promise<string[]>;
}

const changing = { customers: { stream: 'people', mode: 'changes' } };

async function aTappedProject(resources: object = changing, more: object = {}): Promise<Tapped> {
  const config = (base: BaseConfig) => {
    const { throttle } = base.adapters.acme;
    const tap = { type: 'singer', command: [process.execPath, './tap.cjs'], throttle, resources };
    return { ...base, adapters: { acme: tap }, ...more };
  };
  const project = await aProject({ redis, config });
  return {
    project,
    async says(messages, end = '') {
      const lines = messages.map((one) => `${typeof one === 'string' ? one : JSON.stringify(one)}\n`);
      await project.write('says', lines.join(''));
      await project.write('tap.cjs', script.replace('SCRIPT', end));
    },
    starts: async () => (await readFile(join(project.dir, 'starts'), 'utf8')).trim().split('\n'),
    [Symbol.asyncDispose]: () => project.close(),
  };
}

test.each<[string, number, readonly Said[], string]>([
  ['ends with 1', 69, [], 'process.exitCode = 1;'],
  ['is killed', 69, [], "process.kill(process.pid, 'SIGKILL');"],
  ['says nonsense', 76, ['Hello!'], ''],
  ['says a BATCH', 76, [{ type: 'BATCH', stream: 'people', manifest: [] }], ''],
  ['says a STATE without a value', 76, [{ type: 'STATE' }], ''],
])('after a STATE of a tap that %s, the next start has the state before', async (_title, exitCode, more, end) => {
  await using tap = await aTappedProject();
  const { project } = tap;
  await tap.says([schema(), record(1), state({ at: 1 })]);
  expect((await project.sync()).exitCode).toBe(0);

  // So many that the first of them are committed before the tap fails.
  const many = Array.from({ length: 5000 }, (_, at) => record(at + 1));
  await tap.says([schema(), ...many, state({ at: 2 }), ...more], end);
  expect((await project.sync()).exitCode).toBe(exitCode);
  expect(project.events('customers.deleted')).toEqual([]);

  await tap.says([schema(), record(1), record(2), state({ at: 3 })]);
  // What backs off is tried again once its time has come.
  await expect.poll(async () => (await project.sync()).json().outcome, { timeout: 20_000 }).toBe('done');
  await project.sync();
  expect(await tap.starts()).toEqual(['none', '{"at":1}', '{"at":1}', '{"at":3}']);
});

test('a tap that ends without a STATE starts from the last one again, and the run warns only if there is none', async () => {
  await using tap = await aTappedProject();
  const { project } = tap;
  await tap.says([schema(), record(1)]);
  const warned = 'ended without a STATE: the next pass reads all of people again';
  expect(warningsOf(await project.sync())).toEqual([expect.stringContaining(warned)]);
  await tap.says([schema(), record(2), state([7])]);
  expect(warningsOf(await project.sync())).toEqual([]);
  await tap.says([schema()]);
  expect(warningsOf(await project.sync())).toEqual([]);
  await project.sync();
  expect(await tap.starts()).toEqual(['none', 'none', '[7]', '[7]']);
  await expectInStep(project, { rows: [kept(1), kept(2)] });
});

test('with too many rejects the same changes are asked for again, until the map is fixed', async () => {
  await using tap = await aTappedProject();
  const { project } = tap;
  await tap.says([schema(), record(1), state(1)]);
  await project.sync();
  await tap.says([schema(), record(2), { type: 'RECORD', stream: 'people', record: { email: 'x' } }, state(2)]);
  expect((await project.sync()).exitCode).toBe(65);
  expect((await project.sync()).exitCode).toBe(65);
  await tap.says([schema(), record(2), record(3), state(2)]);
  expect((await project.sync()).exitCode).toBe(0);
  await project.sync();
  expect(await tap.starts()).toEqual(['none', '1', '1', '1', '2']);
  await expectInStep(project, { rows: [1, 2, 3].map((id) => kept(id)) });
});

describe('two resources of one tap', () => {
  const people = { key: 'id', schema: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] } };

  test('have a start and a state of their own', async () => {
    const streams = { customers: { stream: 'people', mode: 'changes' }, orders: { stream: 'orders', mode: 'changes' } };
    await using tap = await aTappedProject(streams);
    const { project } = tap;
    await project.reconfigure((base) => {
      const { throttle } = base.adapters.acme;
      const acme = { type: 'singer', command: [process.execPath, './tap.cjs'], throttle, resources: streams };
      return { ...base, resources: { ...base.resources, orders: people }, adapters: { acme } };
    });
    const run = (name: string) => project.sync(['run', '--json', '--resource', name]);
    const both = [schema(), schema('orders'), record(1), record(9, '', 'orders')];
    await tap.says([...both, state('a')]);
    expect((await run('customers')).json()).toMatchObject({ hits: 1, counts: { created: 1 } });
    await tap.says([...both, state('b')]);
    expect((await run('orders')).json()).toMatchObject({ hits: 1, counts: { created: 1 } });
    await run('customers');
    await run('orders');
    expect(await tap.starts()).toEqual(['none', 'none', '"a"', '"b"']);
    expect(project.rows('orders')).toMatchObject([{ id: '9' }]);
  });
});

test('a tap that leaves its table for a new one deletes nothing, and the run says so', async () => {
  await using tap = await aTappedProject();
  const { project } = tap;
  const activate = (version: number) => ({ type: 'ACTIVATE_VERSION', stream: 'people', version });
  await tap.says([schema(), activate(1), record(1), record(2), state(1)]);
  await project.sync();
  await tap.says([schema(), activate(2), record(2), state(2)]);
  const finished = await project.sync();
  expect(finished.exitCode).toBe(0);
  expect(warningsOf(finished)).toContainEqual(expect.stringContaining('a new version of people'));
  await expectInStep(project, { rows: [kept(1), kept(2)] });
});
