import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError, UnreachableError } from '../../src/errors.ts';
import { DeadLetter, type Listener } from '../../src/listener.ts';
import { createExecListener, type ExecListenerOptions } from '../../src/listeners/exec.ts';
import { eventually } from '../helpers/child.ts';
import { aDelivery, aLog, failureOf } from './a-delivery.ts';

let dir: string;
const open: Listener[] = [];

beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'cronsync-exec-')));
});
afterEach(async () => {
  for (const listener of open.splice(0)) await listener[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

/** A listener that runs a shell script. */
async function aCommand(script: string, options: Partial<ExecListenerOptions> = {}): Promise<Listener> {
  return anExec({ command: ['sh', '-c', script], ...options });
}

async function anExec(options: Partial<ExecListenerOptions> & Pick<ExecListenerOptions, 'command'>): Promise<Listener> {
  const { PATH } = process.env;
  const listener = await createExecListener({
    name: 'audit',
    dir,
    env: { PATH, OURS: 'from the daemon' },
    graceMs: 5000,
    redact: (text) => text,
    ...options,
  });
  open.push(listener);
  return listener;
}

const file = (name: string) => join(dir, name);
const readLines = async (name: string) => (await readFile(file(name), 'utf8')).trimEnd().split('\n');

/** A zombie does not count as alive: in a container there may be no process that reaps it. */
function isAlive(pid: number): boolean {
  try {
    if (process.platform === 'linux') return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The pid that a script wrote, once it has. */
async function pidIn(name: string): Promise<number> {
  await eventually(async () => existsSync(file(name)) && (await readFile(file(name), 'utf8')).endsWith('\n'));
  return Number(await readFile(file(name), 'utf8'));
}

describe('a command', () => {
  test('has the event on stdin, runs in the folder of the config, and knows what it was started with', async () => {
    const delivery = aDelivery();
    const listener = await anExec({ command: ['sh', '-c', 'cat > "$1"; pwd >> "$1"', 'sh', 'got it.txt'] });
    await listener.deliver(delivery);

    expect(await readLines('got it.txt')).toEqual([delivery.json, dir]);
  });

  test("has the event's attributes in its environment, beside the daemon's own", async () => {
    const delivery = aDelivery({ key: 'a "b"\n$(c)', attempt: 3 });
    await (await aCommand('env -0 > env')).deliver(delivery);

    const pairs = (await readFile(file('env'), 'utf8')).split('\0').map((line) => line.split(/=([\s\S]*)/).slice(0, 2));
    expect(Object.fromEntries(pairs)).toMatchObject({
      OURS: 'from the daemon',
      SYNC_LISTENER: 'audit',
      SYNC_ATTEMPT: '3',
      SYNC_IDEMPOTENCY_KEY: 'notify:crm.eu:1760000000000-4',
      SYNC_EVENT_ID: 'crm.eu:1760000000000-4',
      SYNC_EVENT_SOURCE: '/crm',
      SYNC_EVENT_TYPE: 'customers.updated',
      SYNC_EVENT_SUBJECT: 'a "b"\n$(c)',
      SYNC_EVENT_TIME: '2026-01-02T03:04:05.000Z',
      SYNC_EVENT_SEQUENCE: '00000000000000000004',
    });
  });

  test.each(['NUL \0 inside', 'x'.repeat(300_000)])(
    'gets a key that no variable can hold on stdin alone',
    async (key) => {
      const delivery = aDelivery({ key });
      await (await aCommand('cat > event; printf "%s" "${SYNC_EVENT_SUBJECT-none}" > subject')).deliver(delivery);

      expect(await readLines('event')).toEqual([delivery.json]);
      expect(await readLines('subject')).toEqual(['none']);
    },
  );

  test('that does not read its stdin succeeds by its exit code', async () => {
    const listener = await aCommand('exit 0');
    await expect(listener.deliver(aDelivery({ email: 'x'.repeat(2_000_000) }))).resolves.toBeUndefined();
  });

  test('that leaves a child behind, which holds its output open, is done when it exits itself', async () => {
    await (await aCommand('sleep 60 & echo $! > child; exit 0')).deliver(aDelivery());

    const child = await pidIn('child');
    expect(isAlive(child)).toBe(true);
    process.kill(child, 'SIGKILL');
  });
});

describe('a failure', () => {
  test('with any exit code comes again, with the last words', async () => {
    for (const code of [1, 2, 64, 75, 127]) {
      const listener = await aCommand(`echo first >&2; echo "no such customer" >&2; echo out; exit ${code}`);
      const failure = await failureOf(listener.deliver(aDelivery()));

      expect(failure).toBeInstanceOf(UnreachableError);
      expect(failure).toMatchObject({ message: `sh exited with ${code}: no such customer` });
    }
  });

  test('with 65 (EX_DATAERR) makes a dead letter immediately', async () => {
    const failure = await failureOf((await aCommand('exit 65')).deliver(aDelivery()));
    expect(failure).toBeInstanceOf(DeadLetter);
    expect(failure).toMatchObject({ message: 'sh exited with 65' });
  });

  test('by a signal comes again', async () => {
    const failure = await failureOf((await aCommand('kill -SEGV $$')).deliver(aDelivery()));
    expect(failure).toBeInstanceOf(UnreachableError);
    expect(failure).toMatchObject({ message: 'sh was killed by SIGSEGV' });
  });

  test('keeps secrets out of its last words', async () => {
    const redact = (text: string) => text.replaceAll('hush-hush', '[redacted]');
    const listener = await aCommand('echo "token hush-hush refused" >&2; exit 1', { redact });
    expect(await failureOf(listener.deliver(aDelivery()))).toMatchObject({
      message: 'sh exited with 1: token [redacted] refused',
    });
  });

  test('of a program that went away comes again', async () => {
    await writeFile(file('audit.sh'), '#!/bin/sh\nexit 0\n');
    await chmod(file('audit.sh'), 0o755);
    const listener = await anExec({ command: [file('audit.sh')] });
    await listener.deliver(aDelivery());
    await rm(file('audit.sh'));

    const failure = await failureOf(listener.deliver(aDelivery()));
    expect(failure).toBeInstanceOf(UnreachableError);
    expect(failure).toMatchObject({ message: expect.stringContaining('ENOENT') });
  });
});

describe('the signal', () => {
  test('ends the command and its children, and its reason is thrown', async () => {
    const listener = await aCommand('sleep 60 & echo $! > child; echo $$ > self; wait');
    const timeout = new AbortController();
    const delivering = failureOf(listener.deliver(aDelivery({ signal: timeout.signal })));
    const [child, self] = [await pidIn('child'), await pidIn('self')];
    timeout.abort(new Error('audit was not done within 30s'));

    expect(await delivering).toMatchObject({ message: 'audit was not done within 30s' });
    expect([child, self].filter(isAlive)).toEqual([]);
  });

  test('kills a command that ignores SIGTERM', async () => {
    const stubborn = `trap '' TERM; echo $$ > "$0"; while :; do sleep 60; done`;
    const listener = await aCommand(`sh -c '${stubborn.replaceAll("'", `'\\''`)}' child & wait`, { graceMs: 100 });
    const timeout = new AbortController();
    const delivering = failureOf(listener.deliver(aDelivery({ signal: timeout.signal })));
    const child = await pidIn('child');
    timeout.abort(new Error('too late'));

    expect(await delivering).toMatchObject({ message: 'too late' });
    await eventually(() => !isAlive(child));
  });

  test('that has fired before starts nothing', async () => {
    const listener = await aCommand('echo started > started');
    const failure = await failureOf(listener.deliver(aDelivery({ signal: AbortSignal.abort(new Error('stopping')) })));
    expect(failure).toMatchObject({ message: 'stopping' });
    expect(existsSync(file('started'))).toBe(false);
  });

  test('counts even if the command exits 0 on SIGTERM: whether it did its work is not known', async () => {
    const listener = await aCommand(`trap 'exit 0' TERM; echo $$ > self; while :; do sleep 0.02; done`);
    const timeout = new AbortController();
    const delivering = failureOf(listener.deliver(aDelivery({ signal: timeout.signal })));
    await pidIn('self');
    timeout.abort(new Error('too late'));
    expect(await delivering).toMatchObject({ message: 'too late' });
  });
});

test('closing the listener kills what still runs', async () => {
  const listener = await aCommand('echo $$ > self; sleep 60');
  const delivering = failureOf(listener.deliver(aDelivery()));
  const self = await pidIn('self');
  await listener[Symbol.asyncDispose]();

  expect(await delivering).toMatchObject({ message: 'sh was killed by SIGKILL' });
  expect(isAlive(self)).toBe(false);
});

describe('its output', () => {
  test('is in the log line by line, without control sequences', async () => {
    const { log, lines } = aLog();
    const script = `printf 'one\\r\\n\\033[31mtwo\\033[0m\\n\\nhalf'; printf 'bad\\n' >&2`;
    await (await aCommand(script)).deliver(aDelivery({ log }));

    expect(lines.filter((line) => line.startsWith('info'))).toEqual([
      'info audit: one',
      'info audit: two',
      'info audit: half',
    ]);
    expect(lines.filter((line) => line.startsWith('warn'))).toEqual(['warn audit: bad']);
  });

  test('is cut off when it is endless, and the command goes on to its end', async () => {
    const { log, lines } = aLog();
    await (await aCommand('head -c 3000000 /dev/zero | tr "\\0" "x"; echo done > done')).deliver(aDelivery({ log }));

    expect(await readLines('done')).toEqual(['done']);
    expect(lines.at(-1)).toBe('info audit: … the rest of its output is left out');
    expect(lines.join('').length).toBeLessThan(70_000);
  });
});

describe('a command that cannot be started is a config error', () => {
  test.each([
    ['./missing.sh', 'is not a program'],
    ['./plain.txt', 'is not a program'],
    ['./', 'is not a program'],
    ['no-such-command-anywhere', 'is not in PATH'],
  ])('%s', async (program, message) => {
    await writeFile(file('plain.txt'), 'not executable');
    const failure = await failureOf(anExec({ command: [program] }));

    expect(failure).toBeInstanceOf(ConfigError);
    expect(failure).toMatchObject({ message: expect.stringContaining(message), hint: expect.stringMatching(/\w/) });
  });
});
