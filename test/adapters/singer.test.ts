import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Adapter } from '../../src/adapter.ts';
import { silentLog } from '../../src/log.ts';
import { openRecording, readPass } from '../../src/testing.ts';
import { aTapIn, record, say, schema, type TapParts } from './a-tap.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cronsync-singer-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const aTap = (script: string, parts?: TapParts) => aTapIn(folder, script, parts);
type Tapped = Awaited<ReturnType<typeof aTap>>;

const read = async ({ adapter, context }: Tapped) => (await readPass(adapter, 'people', context)).records;

describe('a stream is read', () => {
  test('record by record, whatever else the tap says, and one start is one slot', async () => {
    const messages = [
      schema(),
      { type: 'STATE', value: {} },
      record(1),
      schema('orders'),
      { type: 'RECORD', stream: 'orders', record: { id: 9 } },
      { type: 'SOMETHING_NEW' },
      '',
      record(2),
      { type: 'ACTIVATE_VERSION', stream: 'people', version: 7 },
    ];
    const tap = await aTap(say(...messages));
    expect(await read(tap)).toEqual([{ id: 1 }, { id: 2 }]);
    expect(tap.slots).toEqual(['take node', 'settle']);
    expect(tap.context.taken()).toBe(1);
  });

  test('that is empty, once the tap has declared it', async () => {
    expect(await read(await aTap(say(schema())))).toEqual([]);
  });

  test('with integers past 2^53, and a last line without a newline', async () => {
    const line = '{"type":"RECORD","stream":"people","record":{"id":9007199254740993}}';
    expect(await read(await aTap(`${say(schema())} process.stdout.write('${line}');`))).toEqual([
      { id: 9007199254740993n },
    ]);
  });

  test('as the tap makes it, however many records there are', async () => {
    const tap = await aTap(
      `${say(schema())} for (let id = 0; id < 50000; id += 1) say({ type: 'RECORD', stream: 'people', record: { id } });`,
    );
    expect(await read(tap)).toHaveLength(50_000);
  });
});

test('config and catalog are files that no other user can read and that are removed with the tap', async () => {
  const catalog = { streams: [{ stream: 'people', replication_method: 'FULL_TABLE' }] };
  const tap = await aTap(
    `import { readFileSync, statSync } from 'node:fs';
     const [config, catalog] = [process.argv[3], process.argv[5]];
     ${say(schema('people', { bookmark_properties: ['at'] }))}
     say({ type: 'RECORD', stream: 'people', record: { args: process.argv.slice(2), mode: statSync(config).mode & 0o777,
       config: JSON.parse(readFileSync(config)), catalog: JSON.parse(readFileSync(catalog)) } });`,
    { config: { token: 'open-sesame' }, catalog },
  );
  const [seen] = (await read(tap)) as { args: string[] }[];
  expect(seen).toMatchObject({ config: { token: 'open-sesame' }, catalog, mode: 0o600 });
  expect(seen?.args).toEqual(['--config', expect.any(String), '--catalog', expect.any(String)]);
  expect(existsSync(seen?.args[1] ?? '')).toBe(false);
});

test('a line of stderr that never ends is cut, and the tap is read to its end', async () => {
  const info = vi.fn();
  const script = `for (let count = 0; count < 600; count += 1) await new Promise((done) => process.stderr.write('x'.repeat(1_000_000), done));
     await new Promise((done) => process.stderr.write('\\nafter it\\n', done));
     ${say(schema(), record(1))}`;
  const tap = await aTap(script, { log: { ...silentLog, info } });
  expect(await read(tap)).toEqual([{ id: 1 }]);
  const lines = info.mock.calls.map(([line]) => String(line));
  expect(lines.map((line) => line.length)).toEqual([expect.any(Number), 'node: after it'.length]);
  expect(lines[0]).toMatch(/^node: x{8192}…$/);
});

test('what the tap writes to stderr is in the log', async () => {
  const info = vi.fn();
  await read(await aTap(`${say(schema())} console.error('INFO reading people');`, { log: { ...silentLog, info } }));
  expect(info.mock.calls).toEqual([['node: INFO reading people']]);
});

describe('what is not a page', () => {
  test.each<readonly [string, string, number, string]>([
    [
      'a tap that exits with 1',
      `${say(schema(), record(1))} console.error('no route'); process.exitCode = 1;`,
      69,
      'exited with 1: no route',
    ],
    ['a tap that is killed', `${say(schema(), record(1))} process.kill(process.pid, 'SIGKILL');`, 69, 'SIGKILL'],
    [
      'a tap that dies within a line',
      `${say(schema())} process.stdout.write('{"type":"RECO'); process.exitCode = 3;`,
      69,
      'exited with 3',
    ],
    [
      'a line that is cut, and exit code 0',
      `${say(schema())} process.stdout.write('{"type":"RECO');`,
      76,
      'not a Singer message',
    ],
    ['a line that is not JSON', say(schema(), 'Hello!'), 76, 'not a Singer message: Hello!'],
    ['JSON that is not a message', say('[1]'), 76, 'not a Singer message'],
    [
      'bytes that are not UTF-8',
      `${say(schema())} process.stdout.write(Buffer.from([0x22, 0xff, 0x22, 0x0a]));`,
      76,
      'not UTF-8',
    ],
    ['a record without a stream', say(schema(), { type: 'RECORD', record: {} }), 76, 'without a stream'],
    ['a record without itself', say(schema(), { type: 'RECORD', stream: 'people' }), 76, 'without a record'],
    ['a record before its schema', say(record(1)), 76, 'before its SCHEMA'],
    [
      'a tap without a message about the stream',
      say(schema('orders')),
      76,
      'without a message about the stream people',
    ],
    ['BATCH', say(schema(), { type: 'BATCH', stream: 'people', manifest: [] }), 76, 'BATCH'],
    ['a version that changes', say(schema(), record(1, { version: 1 }), record(2, { version: 2 })), 76, 'new version'],
    [
      'a line without end',
      `${say(schema())} process.stdout.write('x'.repeat(2_000_000));`,
      76,
      'more than 1000000 bytes',
    ],
    [
      'an incremental stream',
      say(schema('people', { bookmark_properties: ['updated_at'] }), record(1)),
      78,
      'INCREMENTAL',
    ],
  ])('is %s, and the slot is settled', async (_title, script, exitCode, message) => {
    const tap = await aTap(script);
    await expect(read(tap)).rejects.toMatchObject({ exitCode, message: expect.stringContaining(message) });
    expect(tap.slots).toEqual(['take node', 'settle']);
  });

  test('is a tap that cannot be started: its slot is given back', async () => {
    const tap = await aTap('', { command: [join(folder, 'nothing')] });
    await expect(read(tap)).rejects.toMatchObject({
      exitCode: 78,
      message: expect.stringContaining('cannot be started'),
    });
    expect(tap.slots).toEqual(['take nothing', 'cancel']);
    expect(tap.context.taken()).toBe(0);
  });

  test('is in a recording of HTTP answers', async () => {
    const { adapter } = await aTap('');
    const context = openRecording(join(folder, 'nothing.http'));
    await expect(readPass(adapter, 'people', context)).rejects.toMatchObject({ exitCode: 64 });
  });
});

describe('the tap is ended with its children', () => {
  const withChild = `import { spawn } from 'node:child_process';
    import { writeFileSync } from 'node:fs';
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: ['ignore', 'inherit', 'inherit'] });
    writeFileSync('pids', JSON.stringify([process.pid, child.pid]));
    ${say(schema(), record(1))}`;
  const pids = () => JSON.parse(readFileSync(join(folder, 'pids'), 'utf8')) as number[];
  const expectGone = () =>
    vi.waitFor(() => {
      for (const pid of pids()) expect(isAlive(pid)).toBe(false);
    });

  test('when the run stops', async () => {
    const stop = new AbortController();
    const tap = await aTap(`${withChild} setInterval(() => {}, 1000);`, { signal: stop.signal });
    const reason = new Error('the run is over');
    await expect(eachRecord(tap.adapter, tap.context, () => stop.abort(reason))).rejects.toBe(reason);
    await expectGone();
    expect(tap.slots).toEqual(['take node', 'settle']);
  });

  test('when its time is over', async () => {
    const tap = await aTap(`${withChild} setInterval(() => {}, 1000);`, { timeoutMs: 1500 });
    await expect(read(tap)).rejects.toMatchObject({
      exitCode: 69,
      message: expect.stringContaining('did not end within'),
    });
    await expectGone();
  });

  test('when its time is over and it says that all is well', async () => {
    const script = `say(${JSON.stringify(schema())}); process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000);`;
    const tap = await aTap(script, { timeoutMs: 1500 });
    await expect(read(tap)).rejects.toMatchObject({
      exitCode: 69,
      message: expect.stringContaining('did not end within'),
    });
  });

  test('when its output is not read further', async () => {
    const tap = await aTap(`${withChild} setInterval(() => say({ type: 'STATE' }), 1);`);
    await eachRecord(tap.adapter, tap.context, () => 'leave');
    await expectGone();
    expect(tap.slots).toEqual(['take node', 'settle']);
  });

  test('when it has ended, and left one', async () => {
    const tap = await aTap(`${withChild} child.unref();`);
    expect(await read(tap)).toEqual([{ id: 1 }]);
    await expectGone();
  });
});

async function eachRecord(
  adapter: Adapter,
  context: Tapped['context'],
  then: (record: unknown) => unknown,
): Promise<void> {
  const request = { resource: 'people', mode: 'snapshot', cursor: null, bookmark: null } as const;
  const page = await adapter.fetchPage(request, context);
  if (page.mode !== 'snapshot') throw new Error('expected a snapshot');
  for await (const one of page.records) if (then(one) === 'leave') return;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process that has ended and was not waited for yet is still there: a zombie.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z');
  } catch {
    return false;
  }
}
