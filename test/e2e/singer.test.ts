import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectInStep, mapped } from '../helpers/in-step.ts';
import { aRealTap, discover } from '../helpers/singer-tap.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, type BaseConfig, customers, type Project } from '../helpers/sync.ts';

let tap: string;
beforeAll(() => {
  tap = aRealTap('jsonl');
});

const map = { id: 'id', email: 'contact.email', state: 'status', tags: 'labels[].name' };

function withTap(parts: object) {
  return (config: BaseConfig) => {
    const { throttle } = config.adapters.acme;
    const resources = { customers: { stream: 'customers', map } };
    return { ...config, adapters: { acme: { type: 'singer', throttle, resources, ...parts } } };
  };
}

/** A project that reads `customers.jsonl` with the real tap, whole, as its catalog says. */
async function aTappedProject(): Promise<Project> {
  const project = await aProject({ redis });
  const tapConfig = { path: join(project.dir, 'customers.jsonl'), stream_name: 'customers', primary_keys: ['id'] };
  await serve(project, customers(1));
  const { streams } = discover(tap, await project.write('tap.json', tapConfig));
  const whole = streams.map(({ replication_key: _, metadata: __, ...stream }) => stream);
  await project.write('catalog.json', {
    streams: whole.map((stream) => ({ ...stream, selected: true, replication_method: 'FULL_TABLE' })),
  });
  await project.reconfigure(withTap({ command: [tap], config: tapConfig, catalog: './catalog.json' }));
  return project;
}

async function serve(project: Project, records: readonly object[]): Promise<void> {
  project.serve(records);
  await project.write('customers.jsonl', records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}

describe('a real tap', () => {
  test('is read whole, and then what changed and what is gone', async () => {
    await using project = await aTappedProject();
    await serve(project, customers(40));
    const first = await project.sync();
    expect(first.json()).toMatchObject({ outcome: 'done', hits: 1, pages: 1, records: 40, counts: { created: 40 } });
    await expectInStep(project);

    const later = [aCustomer(1, { status: 'gold' }), ...customers(38, 3), aCustomer(41)];
    await serve(project, later);
    expect((await project.sync()).json().counts).toEqual({ created: 1, updated: 1, deleted: 1 });
    await expectInStep(project, { rows: later.map(mapped) });
    expect((await project.sync()).json().counts).toEqual({ created: 0, updated: 0, deleted: 0 });
  });

  test('that is read incrementally is refused: what it leaves out is not gone', async () => {
    await using project = await aTappedProject();
    await project.sync();
    await serve(project, []);
    await project.reconfigure(withTap({ command: [tap], config: './tap.json' }));
    await serve(project, customers(3));
    const { exitCode, json } = await project.sync();
    expect(exitCode).toBe(78);
    expect(json().errors).toMatchObject([{ message: expect.stringContaining('by INCREMENTAL') }]);
    expect(project.events('customers.deleted')).toEqual([]);
  });

  test('that fails writes no deletion, and its own words are printed', async () => {
    await using project = await aTappedProject();
    await serve(project, customers(20));
    await project.sync();
    await project.reconfigure(withTap({ command: [tap], config: {}, catalog: './catalog.json' }));
    const { exitCode, stderr } = await project.sync(['run']);
    expect(exitCode).toBe(69);
    expect(stderr).toMatch(/the tap tap-jsonl exited with 1: .*Config validation failed/);
    expect(project.events('customers.deleted')).toEqual([]);
    expect(project.rows()).toHaveLength(20);
  });
});

test('one start of a tap is one slot: within the minute it is not started again', async () => {
  await using project = await aProject({ redis, throttle: { per: '60s', wait: '0s' } });
  const script = `require('node:fs').appendFileSync('starts', 'x');
    console.log(JSON.stringify({ type: 'SCHEMA', stream: 'customers', schema: {}, key_properties: ['id'] }));`;
  const command = [process.execPath, './tap.cjs'];
  await project.write('tap.cjs', script);
  const throttle = { per: '60s', wait: '0s' };
  await project.reconfigure(withTap({ command, throttle, resources: { customers: { stream: 'customers', map } } }));

  expect((await project.sync()).json()).toMatchObject({ outcome: 'done', hits: 1 });
  expect((await project.sync()).json()).toMatchObject({ outcome: 'throttled', hits: 0 });
  expect((await project.sync(['run', '--dry-run', '--json'])).json()).toMatchObject({ hits: 0 });
  expect(await readFile(join(project.dir, 'starts'), 'utf8')).toBe('x');
});

test('the secrets of a tap are shown nowhere', async () => {
  await using project = await aProject({ redis });
  await project.write(
    'tap.cjs',
    'console.error(require("node:fs").readFileSync(process.argv[3], "utf8")); process.exitCode = 1;',
  );
  await project.reconfigure(
    withTap({
      command: [process.execPath, './tap.cjs'],
      config: { api_token: 'open-sesame-42' },
      throttle: { key: 'telling' },
    }),
  );
  const { exitCode, stdout, stderr } = await project.sync(['run', '--log-level', 'debug']);
  expect(exitCode).toBe(69);
  expect(stdout + stderr).toContain('api_token');
  expect(stdout + stderr).not.toContain('open-sesame-42');
});
