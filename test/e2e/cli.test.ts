import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, customers } from '../helpers/sync.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('the command line', () => {
  test('prints its help on stdout', async () => {
    await using project = await aProject({ redis });
    const help = await project.sync(['--help']);
    expect([help.exitCode, help.stderr]).toEqual([0, '']);
    for (const word of [
      'Usage: cronsync',
      'run',
      'status',
      'check',
      'events',
      'rejects',
      'unlock',
      'init',
      'schema',
      'Exit codes',
    ]) {
      expect(help.stdout).toContain(word);
    }
    const ofRun = await project.sync(['run', '--help']);
    expect([ofRun.exitCode, ofRun.stdout]).toEqual([0, expect.stringContaining('--dry-run')]);
  });

  test('prints its version', async () => {
    await using project = await aProject({ redis });
    const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    expect(await project.sync(['--version'])).toMatchObject({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  });

  test.each([
    [['--frobnicate']],
    [['frobnicate']],
    [['run', 'customers']],
    [['run', '--wait', 'soon']],
    [['run', '--max-pages', '0']],
    [['run', '--locked-exit-code', '300']],
    [['status', '--log-level', 'loud']],
    [['rejects', 'show']],
  ])('refuses %j with 64, and does nothing', async (args) => {
    await using project = await aProject({ redis, records: customers(1) });
    const { exitCode, stdout, stderr } = await project.sync(args);
    expect([exitCode, stdout]).toEqual([64, '']);
    expect(stderr).not.toBe('');
    expect(project.party.arrivals).toHaveLength(0);
    expect(readdirSync(project.dir)).toEqual(['sync.config.json']);
  });

  test.each(['-d', '-f', '--data', '--file-system', '/mnt/disk'])(
    'explains the sync of coreutils to a user who meant that: %s',
    async (arg) => {
      await using project = await aProject({ redis, records: customers(1) });
      const { exitCode, stdout, stderr } = await project.sync([arg]);
      expect([exitCode, stdout]).toEqual([64, '']);
      expect(stderr).toContain('coreutils');
      expect(stderr).toContain('hint: ');
      expect(project.party.arrivals).toHaveLength(0);
    },
  );

  test('refuses a resource that the config does not have', async () => {
    await using project = await aProject({ redis });
    const { exitCode, stderr } = await project.sync(['run', '--resource', 'orders']);
    expect(exitCode).toBe(64);
    expect(stderr).toContain('there is no resource orders; the config has customers');
  });
});

describe('the config', () => {
  test('that is missing is reported with what to do', async () => {
    await using project = await aProject({ redis });
    await project.write('empty/readme', '');
    const { exitCode, stdout, stderr } = await project.sync([], { cwd: join(project.dir, 'empty') });
    expect([exitCode, stdout]).toEqual([78, '']);
    expect(stderr).toMatch(/there is no config in .*empty/);
    expect(stderr).toContain('hint: Write one with "cronsync init"');
  });

  test('that is wrong is reported with all its problems together', async () => {
    await using project = await aProject({ redis });
    await project.reconfigure((config) => ({
      ...config,
      adaptor: 'acme',
      lock: { ttl: 'long' },
      adapters: { acme: { ...config.adapters.acme, baseUrl: '${NO_SUCH_VARIABLE}' } },
    }));
    const { exitCode, stderr } = await project.sync([]);
    expect(exitCode).toBe(78);
    for (const words of ['Did you mean "adapter"?', 'lock.ttl', 'NO_SUCH_VARIABLE']) expect(stderr).toContain(words);
  });

  test('does not have the adapter that was asked for: the nearest one is named', async () => {
    await using project = await aProject({ redis });
    const { exitCode, stderr } = await project.sync(['run', '--adapter', 'acmee']);
    expect(exitCode).toBe(78);
    expect(stderr).toContain('Did you mean "acme"?');
  });

  test('is found by --config and by SYNC_CONFIG, from any folder', async () => {
    await using project = await aProject({ redis, records: customers(1) });
    await project.write('elsewhere/readme', '');
    const cwd = join(project.dir, 'elsewhere');
    const config = join(project.dir, 'sync.config.json');
    expect((await project.sync(['run', '--config', config], { cwd })).exitCode).toBe(0);
    expect((await project.sync([], { cwd, env: { SYNC_CONFIG: config } })).exitCode).toBe(0);
    expect(project.rows()).toHaveLength(1);
    expect(readdirSync(cwd)).toEqual(['readme']);
  });
});

describe('secrets', () => {
  const secret = 'c0mplete/ly+secret=';
  const withSecrets = (config: BaseConfig) => ({
    ...config,
    adapters: { acme: { ...config.adapters.acme, auth: { type: 'bearer', token: '${ACME_TOKEN}' } } },
  });
  const commands = ['run', 'run --dry-run', 'status', 'check', 'events', 'rejects list'];
  const forms = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').replace(/=+$/, '')];

  test.each(commands)('are in no output of cronsync %s', async (command) => {
    await using project = await aProject({
      redis,
      records: [...customers(30), { leaked: secret }],
      config: withSecrets,
    });
    const env = { ACME_TOKEN: secret };
    await project.sync([], { env });
    for (const more of [[], ['--json'], ['--log-level', 'debug'], ['--json', '--log-level', 'debug']]) {
      const { stdout, stderr } = await project.sync([...command.split(' '), ...more], { env });
      for (const form of forms) expect(stdout + stderr).not.toContain(form);
    }
  });

  test('are in no error either, whatever the third party repeats of them', async () => {
    await using project = await aProject({ redis, config: withSecrets });
    const env = { ACME_TOKEN: secret };
    for (const [status, more] of [
      [401, []],
      [401, ['--json']],
      [400, []],
      [500, ['--json', '--log-level', 'debug']],
    ] as const) {
      project.party.script({ status, body: `who is "Bearer ${secret}", or ${encodeURIComponent(secret)}?` });
      const { exitCode, stdout, stderr } = await project.sync(['run', ...more], { env });
      expect(exitCode).not.toBe(0);
      for (const form of forms) expect(stdout + stderr).not.toContain(form);
      await redis.client.flushall();
      using database = new DatabaseSync(project.file);
      database.exec('DELETE FROM _sync_throttle');
    }
  });
});

describe('output', () => {
  test('of a good run is one line on stdout, and nothing with --quiet', async () => {
    await using project = await aProject({ redis, records: customers(3) });
    const first = await project.sync([]);
    expect([first.exitCode, first.stderr]).toEqual([0, '']);
    expect(first.stdout).toMatch(/^crm-\S+ done: \+3 in 3 records; 1 page, 1 hit \(\S+\)\n$/);
    expect(await project.sync(['run', '--quiet'])).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    const third = await project.sync(['run']);
    expect(third.stdout).toMatch(/^crm-\S+ done: no changes in 3 records; 1 page, 1 hit \(\S+\)\n$/);
  });

  test('of a throttled run is one line that says when the next slot frees', async () => {
    await using project = await aProject({ redis, records: customers(3), throttle: { per: '1h', wait: '0s' } });
    await project.sync([]);
    const { exitCode, stdout, stderr } = await project.sync([]);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^crm-\S+ throttled: no hit; the next slot frees in \S+.*\n$/);
  });

  test('has colours only where they are wanted', async () => {
    await using project = await aProject({ redis, records: customers(1) });
    const isColoured = async (args: string[], env: Record<string, string>) =>
      (await project.sync(args, { env })).stdout.includes('\x1b[');
    expect(await isColoured([], {})).toBe(false);
    expect(await isColoured([], { FORCE_COLOR: '1' })).toBe(true);
    expect(await isColoured([], { NO_COLOR: '1' })).toBe(false);
    expect(await isColoured([], { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false);
    expect(await isColoured(['run', '--no-color'], { FORCE_COLOR: '1' })).toBe(false);
    expect(await isColoured(['run', '--json'], { FORCE_COLOR: '1' })).toBe(false);
  });

  test('of --json is one document, whatever happens', async () => {
    await using project = await aProject({ redis, records: customers(1) });
    await redis.client.set(project.lockKey, 'by hand', 'PX', 60_000);
    const held = await project.sync(['run', '--json']);
    expect(held.exitCode).toBe(75);
    expect(held.json()).toMatchObject({ outcome: 'failed', exitCode: 75, errors: [{ exitCode: 75 }] });
    await project.write('sync.config.json', '{');
    const broken = await project.sync(['run', '--json']);
    expect(broken.json()).toMatchObject({ outcome: 'failed', exitCode: 78, errors: [{ exitCode: 78 }] });
  });
});
