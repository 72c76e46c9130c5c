import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/demo.ts', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'cronsync-demo-test-'));

afterAll(() => rmSync(temporary, { recursive: true, force: true }));

interface Demo {
  readonly child: ChildProcess;
  readonly output: () => string;
}

function startDemo(): Demo {
  const child = spawn(process.execPath, [script], { env: { ...process.env, TMPDIR: temporary } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  return { child, output: () => output };
}

/** Resolves when it has ended and every process that writes to its output has. */
async function end({ child }: Demo): Promise<number | null> {
  const [code] = await once(child, 'close');
  return code;
}

async function refuses(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const isRefused = await once(socket, 'connect').then(
    () => false,
    () => true,
  );
  socket.destroy();
  return isRefused;
}

/** Redis and both third parties. */
function urlsIn(output: string): string[] {
  return output.match(/(redis|http):\/\/127\.0\.0\.1:\d+/g) ?? [];
}

async function expectNothingLeft(output: string): Promise<void> {
  const urls = urlsIn(output);
  expect(urls).toHaveLength(3);
  expect(await Promise.all(urls.map(refuses))).toEqual([true, true, true]);
  expect(readdirSync(temporary)).toEqual([]);
}

test('the demo shows what it says, and leaves nothing behind', async () => {
  const demo = startDemo();
  expect(await end(demo)).toBe(0);

  const output = demo.output();
  expect(output).not.toContain('✗');
  expect(output).toContain('geo done: +542 in 542 records; 3 pages, 3 hits');
  expect(output).toContain('the lock is held by run');
  expect(output).toContain('cities  +1 ~4 -3  535 unchanged');
  expect(output).toContain('✓ the two editions, compared without cronsync: +1 ~4 -3');
  expect(output).toContain('340 of 540 rows would be deleted');
  expect(output).toContain('exit code 3');
  expect(output).toContain('✓ new events: 0');
  expect(output).toContain("✓ hits that came too early, by the third parties' own count: 0");
  await expectNothingLeft(output);
});

test('the demo leaves nothing behind when it is stopped half-way', async () => {
  const demo = startDemo();
  const ended = end(demo);
  await expect.poll(() => demo.output(), { timeout: 30_000 }).toContain('$ cronsync');
  demo.child.kill('SIGINT');
  expect(await ended).toBe(130);

  expect(demo.output()).toContain('Stopped.');
  await expectNothingLeft(demo.output());
});
