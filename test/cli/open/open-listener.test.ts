import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { openListener, type Surroundings } from '../../../src/cli/open/open-listener.ts';
import type { LoadedConfig } from '../../../src/config/load.ts';
import { ConfigError } from '../../../src/errors.ts';
import { DeadLetter, type Listener, ListenerOff, RetryLater } from '../../../src/listener.ts';
import { aConfig, aFolder, load } from '../../config/a-config.ts';
import { aThirdParty } from '../../helpers/third-party.ts';
import { aDelivery, failureOf } from '../../listeners/a-delivery.ts';

const base = { on: ['customers.*'], from: 'now' };

/** Loads a config with this one listener, beside these files, and opens it. */
async function anOpenListener(options: object, files: Readonly<Record<string, string>> = {}, isJson = false) {
  const config = aConfig({ listeners: { notify: { ...base, ...options } } });
  const cwd = await aFolder({ 'sync.config.json': config, ...files });
  const loaded = await load(config, { cwd });
  const printed: string[] = [];
  const around: Surroundings = {
    dir: cwd,
    secrets: loaded.secrets,
    resources: ['customers'],
    terminal: { print: (line) => void printed.push(line), isJson },
    env: process.env,
    graceMs: 500,
  };
  return { listener: await opened(loaded, around), printed, dir: cwd };
}

async function opened({ config }: LoadedConfig, around: Surroundings): Promise<Listener> {
  const { notify } = config.listeners;
  if (!notify) throw new Error('there is no listener');
  const listener = await openListener('notify', notify, around);
  onTestFinished(() => listener[Symbol.asyncDispose]());
  return listener;
}

test('log prints what happened to which record, or with --json the event', async () => {
  const delivery = aDelivery();
  const plain = await anOpenListener({ type: 'log' });
  await plain.listener.deliver(delivery);
  expect(plain.printed).toEqual(['2026-01-02T03:04:05.000Z customers.updated 17 (email)']);

  const json = await anOpenListener({ type: 'log' }, {}, true);
  await json.listener.deliver(delivery);
  expect(json.printed).toEqual([delivery.json]);
});

test('a module in TypeScript runs as it is, seen from the config', async () => {
  const module = `
    import { writeFile } from 'node:fs/promises';
    type Event = { readonly subject: string };
    export default {
      'customers.updated': async (event: Event, context: { attempt: number }): Promise<void> => {
        await writeFile(new URL('seen.json', import.meta.url), JSON.stringify([event.subject, context.attempt]));
      },
    };`;
  const { listener, dir } = await anOpenListener(
    { type: 'module', module: './listeners/reindex.ts' },
    { 'listeners/reindex.ts': module },
  );
  await listener.deliver(aDelivery({ attempt: 3 }));
  expect(await readFile(join(dir, 'listeners/seen.json'), 'utf8')).toBe('["17",3]');
});

test("what a module throws of the package's own errors is understood, although it has copies of them", async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../../src/index.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    define: { SYNC_TEST_BUILD: 'false' },
    write: false,
  });
  const module = `
    import { DeadLetter, defineListener, ListenerOff, RetryLater } from 'cronsync';
    const errors = [new DeadLetter('never'), new RetryLater('later', 1500), new ListenerOff('gone')];
    export default defineListener({ 'customers.*': (event, { attempt }) => { throw errors[attempt - 1]; } });`;
  const { listener } = await anOpenListener(
    { type: 'module', module: './listener.ts' },
    {
      'listener.ts': module,
      'node_modules/cronsync/package.json': '{"name": "cronsync", "type": "module", "exports": "./index.js"}',
      'node_modules/cronsync/index.js': outputFiles[0]?.text ?? '',
    },
  );
  const thrown = await Promise.all([1, 2, 3].map((attempt) => failureOf(listener.deliver(aDelivery({ attempt })))));

  expect(thrown.map((error) => error instanceof Error && error.constructor)).toEqual([
    DeadLetter,
    RetryLater,
    ListenerOff,
  ]);
  expect(thrown).toMatchObject([{ message: 'never' }, { message: 'later', afterMs: 1500 }, { message: 'gone' }]);
});

test.each([
  ['that is missing', './gone.ts', 'does not exist'],
  ['that does not parse', './broken.ts', 'does not load'],
  ['that throws', './throws.ts', 'does not load: no index'],
  ['that exports nothing', './nothing.ts', 'has no default export'],
  ['that exports no listener', './text.ts', 'does not export a listener'],
  ['that hears something else', './deaf.ts', 'has no handler for "customers.*"'],
])('a module %s is a config error', async (_case, module, message) => {
  const files = {
    'broken.ts': 'export default {',
    'throws.ts': 'throw new Error("no index");',
    'nothing.ts': 'export const listener = {};',
    'text.ts': 'export default "text";',
    'deaf.ts': 'export default {};',
  };
  const failure = await failureOf(anOpenListener({ type: 'module', module }, files));
  expect(failure).toBeInstanceOf(ConfigError);
  expect(failure).toMatchObject({ message: expect.stringContaining(message) });
});

test('exec has the variables of the daemon and of the config, and its path is seen from the config', async () => {
  const script = '#!/bin/sh\nprintf "%s %s" "$GREETING" "$HOME" > seen\n';
  const { listener, dir } = await anOpenListener(
    { type: 'exec', command: ['sh', './audit.sh'], env: { GREETING: 'hello' } },
    { 'audit.sh': script },
  );
  await listener.deliver(aDelivery());
  expect(await readFile(join(dir, 'seen'), 'utf8')).toBe(`hello ${process.env.HOME ?? ''}`);
});

test('a webhook signs with every secret of the config, and says who we are', async () => {
  await using receiver = await aThirdParty();
  const secret = ['old', 'new'].map((age) => `whsec_${Buffer.alloc(24, age).toString('base64')}`);
  const { listener } = await anOpenListener({ type: 'webhook', url: receiver.url, secret, allowPrivate: true });
  await listener.deliver(aDelivery());

  const [arrival] = receiver.arrivals;
  expect(String(arrival?.headers['webhook-signature']).split(' ')).toHaveLength(2);
  expect(arrival?.headers['user-agent']).toMatch(/^cronsync\/\d+\.\d+\.\d+/);
});

test('a webhook shows no secret of the config in what it throws', async () => {
  await using receiver = await aThirdParty();
  receiver.script(({ headers }) => ({ status: 500, body: `we got ${headers['x-team']} ${headers.authorization}` }));
  const { listener } = await anOpenListener({
    type: 'webhook',
    url: `${receiver.url}/T0K3N-in-the-path?key=in-the-query`,
    headers: { Authorization: 'Bearer b3arer-token', 'X-Team': 'the-billing-team' },
    allowPrivate: true,
  });
  const failure = await failureOf(listener.deliver(aDelivery()));

  expect(String(failure)).toContain('we got [redacted]');
  expect(String(failure)).not.toMatch(/b3arer|T0K3N|in-the-query/);
});
