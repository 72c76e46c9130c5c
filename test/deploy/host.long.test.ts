import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aDebianTree, type DebianTree } from '../helpers/debian-tree.ts';
import { blocksOf, readPage } from '../helpers/documents.ts';
import { aStrictNginx, type StrictNginx } from '../helpers/nginx.ts';
import { redis } from '../helpers/suite-redis.ts';
import { packTarball } from '../helpers/tarball.ts';

// A host as docs/deploy.md prepares it: the commands of the page are typed in a fresh Debian, and then its cron starts the runs,
// against an nginx that lets one request a minute in.

const units = ['cronsync.service', 'cronsync-listen.service', 'cronsync-web.service'];
const minutes = 5;
const open = new AsyncDisposableStack();
let host: DebianTree;
let nginx: StrictNginx;

beforeAll(async () => {
  const customers = [1, 2, 3].map((id) => ({ id: `c${id}`, name: `Customer ${id}` }));
  nginx = open.use(await aStrictNginx({ customers }));
  host = open.use(await aDebianTree('node'));
  using tarball = packTarball();
  copyFileSync(tarball.path, join(host.path, 'root/cronsync.tgz'));
  writeFileSync(join(host.path, 'root/sync.config.json'), JSON.stringify(config));
  writeFileSync(join(host.path, 'root/environment'), `REDIS_URL=${redis.url}\nACME_URL=${nginx.url}\n`);
  await type('apt-get update && apt-get install --yes --no-install-recommends systemd cron');
  for (const label of ['host', 'units', 'cron'])
    await type(commandsOf(label).replace(/ cronsync\n/, ' /root/cronsync.tgz\n'));
}, 600_000);

afterAll(() => open.disposeAsync());

/** nginx makes 1r/m one request in 62.5 s. */
const config = {
  name: 'crm',
  adapter: 'acme',
  redis: { url: `\${REDIS_URL}` },
  target: { type: 'sqlite', file: '/var/lib/cronsync/sync.db' },
  resources: {
    customers: {
      key: 'id',
      schema: { type: 'object', properties: { id: { type: 'string' }, name: { type: 'string' } } },
    },
  },
  adapters: {
    acme: {
      type: 'rest',
      baseUrl: `\${ACME_URL}`,
      throttle: { hits: 1, per: '63s' },
      resources: { customers: { path: '/customers', map: { id: 'id', name: 'name' } } },
    },
  },
  listeners: { audit: { on: ['*'], from: 'beginning', type: 'log' } },
};

function commandsOf(label: string): string {
  const block = blocksOf(readPage('docs/deploy.md')).find((one) => one.language === 'bash' && one.label === label);
  if (block === undefined) throw new Error(`docs/deploy.md has no block "bash ${label}"`);
  return block.text;
}

async function type(commands: string): Promise<void> {
  const env = { npm_config_audit: 'false', npm_config_fund: 'false', npm_config_cache: '/tmp/npm' };
  const { status, stdout, stderr } = await host.run(['sh', '-e', '-c', commands], { cwd: '/root', env });
  if (status !== 0) throw new Error(`${commands}\nended with ${status}:\n${stdout}${stderr}`);
}

/** As the units start it: as their user, who writes one folder and sees no other process. */
function asUnit(unit: string, change: (command: string) => string) {
  const text = unitText(unit);
  const setting = (name: string) => new RegExp(`^${name}=(.+)$`, 'm').exec(text)?.[1] ?? '';
  const command = change(setting('ExecStart')).replace(`\${CREDENTIALS_DIRECTORY}`, '/etc/cronsync');
  return host.run(command.split(' '), {
    ...{ cwd: setting('WorkingDirectory'), user: `${setting('User')}:${setting('Group')}` },
    ...{ env: { PATH: setting('Environment=PATH'), HOME: '/var/lib/cronsync' } },
    ...{ readOnlyBut: ['/var/lib/cronsync'], proc: 'hidepid=invisible,subset=pid' },
  });
}

function unitText(unit: string): string {
  return readFileSync(join(host.path, 'etc/systemd/system', unit), 'utf8');
}

describe('the units', () => {
  function verify(path: string) {
    return host.run(['systemd-analyze', 'verify', '--man=no', path], { env: { SYSTEMD_LOG_TARGET: 'console' } });
  }

  test.each([...units, 'cronsync.timer'])('systemd finds nothing wrong with %s', async (unit) => {
    const verified = await verify(`/etc/systemd/system/${unit}`);
    expect(verified).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  test('systemd finds a program that is missing', async () => {
    const path = '/etc/systemd/system/planted.service';
    writeFileSync(
      join(host.path, path),
      unitText('cronsync.service').replace('/bin/cronsync run', '/bin/cronsink run'),
    );
    const verified = await verify(path);
    expect(verified).toMatchObject({ status: 1, stderr: expect.stringContaining('/opt/cronsync/bin/cronsink') });
  });

  test.each(units)('%s is exposed to no more than 1.5 of 10', async (unit) => {
    const strict = ['--offline=yes', '--no-pager', '--threshold=15'];
    const { status, stdout } = await host.run([
      'systemd-analyze',
      'security',
      ...strict,
      `/etc/systemd/system/${unit}`,
    ]);
    expect(stdout).toContain('Overall exposure level');
    expect(status).toBe(0);
  });

  test('are hardened alike', () => {
    const [first = '', ...others] = units.map((unit) => /# Hardening\n(.*?)(?=\n\n|$)/s.exec(unitText(unit))?.[1]);
    expect(first).toContain('CapabilityBoundingSet=');
    for (const other of others) expect(other?.trimEnd()).toBe(first.trimEnd());
  });

  test('the command of each works with what it may see and write', async () => {
    for (const unit of units) {
      const checked = await asUnit(unit, (command) =>
        command.replace(/cronsync (run --quiet|listen --http \S+|web \S+)/, 'cronsync check'),
      );
      expect(checked).toMatchObject({ status: 0, stdout: expect.stringContaining('sqlite') });
    }
  });
});

test(
  `cron starts a run each minute, for ${minutes} minutes, and the third party refuses none of its hits`,
  async () => {
    const mails = join(host.path, 'tmp/mails');
    writeFileSync(join(host.path, 'usr/sbin/sendmail'), '#!/bin/sh\ncat >> /tmp/mails\n', { mode: 0o755 });
    writeFileSync(join(host.path, 'etc/cron.d/planted'), '* * * * * root echo planted\n');
    const cron = host.start(['cron', '-f']);
    await expect
      .poll(async () => (await ended()).length, { timeout: (minutes + 2) * 60_000, interval: 2000 })
      .toBeGreaterThanOrEqual(minutes);
    cron.kill('SIGKILL');

    const outcomes = (await ended()).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(outcomes.map(() => 'done'));
    const statuses = await nginx.statuses();
    expect(statuses.length).toBeGreaterThanOrEqual(4);
    expect(statuses).toEqual(statuses.map(() => 200));
    const subjects = readFileSync(mails, 'utf8').match(/^Subject: .*$/gm) ?? [];
    expect(subjects.length).toBeGreaterThan(0);
    for (const subject of subjects) expect(subject).toContain('echo planted');
  },
  (minutes + 3) * 60_000,
);

interface Run {
  readonly endedAt: string | null;
  readonly outcome: string | null;
}

/** The runs that have ended. */
async function ended(): Promise<readonly Run[]> {
  const { runs }: { readonly runs: readonly Run[] } = JSON.parse((await asUnit('cronsync.service', statusOf)).stdout);
  return runs.filter(({ endedAt }) => endedAt !== null);
}

function statusOf(command: string): string {
  return command.replace('run --quiet', 'status --json');
}
