import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundles } from '../helpers/child.ts';
import { runInProcess } from '../helpers/in-process.ts';
import { runOnTerminal } from '../helpers/pseudo-terminal.ts';

let folder: string;
let env: NodeJS.ProcessEnv;

const config = {
  name: 'crm',
  adapter: 'acme',
  resources: { customers: {}, invoices: {} },
  adapters: { acme: { type: 'rest' }, beta: { type: 'rest' } },
  listeners: { notify: {}, audit: {} },
};

/** A folder with a config and a file, and `cronsync` in the PATH. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cronsync-completion-'));
  await mkdir(join(folder, 'bin'));
  await symlink(process.execPath, join(folder, 'bin/node'));
  const program = join(folder, 'bin/cronsync');
  await writeFile(program, `#!/bin/sh\nexec ${process.execPath} ${bundles.test} "$@"\n`);
  await chmod(program, 0o755);
  await writeFile(join(folder, 'sync.config.json'), JSON.stringify(config));
  await writeFile(join(folder, 'other.yaml'), JSON.stringify({ ...config, resources: { parcels: {} } }));
  const start = 'source <(cronsync completion';
  await writeFile(join(folder, '.bashrc'), `PS1='READY> '\n${start} bash)\n`);
  await writeFile(join(folder, '.zshrc'), `PROMPT='READY> '\nautoload -Uz compinit; compinit -u -D\n${start} zsh)\n`);
  env = { ZDOTDIR: folder, PATH: `${dirname(program)}:${process.env.PATH}`, HOME: folder, SYNC_CONFIG: '' };
});
afterAll(() => rm(folder, { recursive: true }));

async function candidates(...words: string[]): Promise<readonly string[]> {
  const { stdout, stderr, exitCode } = await runInProcess(['complete', '--', ...words], { cwd: folder });
  expect([exitCode, stderr]).toEqual([0, '']);
  return stdout.trimEnd().split('\n');
}

describe('what may follow', () => {
  test.each([
    [['run', '--res'], ['--resource\tonly this resource (repeatable)']],
    [
      ['run', '--resource', ''],
      ['customers', 'invoices'],
    ],
    [['run', '--resource', 'in'], ['invoices']],
    [['run', '--resource=in'], ['--resource=invoices']],
    [['run', '--resource', '=', 'in'], ['invoices']],
    [
      ['run', '--resource', '='],
      ['customers', 'invoices'],
    ],
    [
      ['--adapter', ''],
      ['acme', 'beta'],
    ],
    [['swap', '--to', 'b'], ['beta']],
    [
      ['pause', '--listener', ''],
      ['notify', 'audit'],
    ],
    [['listener', 'rewind', 'n'], ['notify']],
    [['listener', 'rewind', '--json', 'n'], ['notify']],
    [['listener', 'rewind', 'notify', '--to', ''], ['']],
    [['events', '--type', 'customers.d'], ['customers.deleted']],
    [['run', '--log-level', 'w'], ['warn']],
    [['run', '--log-level=w'], ['--log-level=warn']],
    [['-c', 'other.yaml', 'run', '--resource', ''], ['parcels']],
    [['run', '--config=other.yaml', '--resource', ''], ['parcels']],
    [['run', '-c', 'gone.yaml', '--resource', ''], ['']],
    [['run', '--config', ''], [':file']],
    [['run', '--save', 'pa'], [':file']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['dead', 're'], ['replay\tdeliver them again, in order; what is delivered is dropped']],
    [['nonsense', '--frob', ''], ['']],
  ])('%j is %j', async (words, expected) => {
    expect(await candidates(...words)).toEqual(expected);
  });

  test('the commands are all there, and the hidden one is not', async () => {
    const commands = (await candidates('')).map((line) => line.split('\t')[0]);
    expect(commands).toEqual(expect.arrayContaining(['run', 'status', 'dead', 'listener', 'completion']));
    expect(commands).not.toContain('complete');
  });

  test('a config that is a program does not run unless somebody names it', async () => {
    const own = await mkdtemp(join(folder, 'code-'));
    const program = `import { writeFileSync } from 'node:fs';\nwriteFileSync('${own}/ran', '');\nexport default ${JSON.stringify(config)};\n`;
    await writeFile(join(own, 'sync.config.mjs'), program);
    const ask = (...words: string[]) => runInProcess(['complete', '--', ...words], { cwd: own });
    expect(await ask('run', '--resource', '')).toMatchObject({ exitCode: 0, stdout: '' });
    expect(await ask('run', '-c', 'sync.config.mjs', '--resource', '')).toMatchObject({
      stdout: 'customers\ninvoices\n',
    });
  });
});

/** What a person sees who types these keys in a shell that has started, up to the text that must come. */
async function typed(command: readonly string[], keys: string, until: string): Promise<string> {
  const steps = [
    { until: 'READY> ', send: keys },
    { until, send: '\x15exit\r' },
  ];
  return (await runOnTerminal(folder, command, steps, env)).written;
}

describe('in real shells, Tab completes', () => {
  test.each([
    ['cronsync run --resource cu\t', 'cronsync run --resource customers '],
    ['cronsync run --resource=inv\t', 'cronsync run --resource=invoices '],
    ['cronsync listener rewind au\t', 'cronsync listener rewind audit '],
    ['cronsync check --config oth\t', 'cronsync check --config other.yaml '],
    ['cronsync check $(touch ran) --log-l\t', '--log-level '],
  ])('%j to %j in bash and zsh', { concurrent: false }, async (keys, expected) => {
    expect(await typed(['bash', '--rcfile', '.bashrc', '-i'], keys, expected)).toContain(expected);
    expect(await typed(['zsh', '-d', '-i'], keys, expected.trimEnd())).toContain(expected.trimEnd());
    expect(spawnSync('ls', ['ran'], { cwd: folder }).status).not.toBe(0);
  });

  test.each([
    ['cronsync run --resource cu', ['customers']],
    ['cronsync run --resource=inv', ['--resource=invoices']],
    ['cronsync listener rewind ', ['notify', 'audit']],
    ['cronsync check --config oth', ['other.yaml']],
    ['cronsync dea', ['dead\tevents that a listener has given up on']],
  ])('%j to %j in fish', (line, expected) => {
    const program = 'cronsync completion fish | source; complete -C $argv[1]';
    const { stdout } = spawnSync('fish', ['--no-config', '-c', program, line], { cwd: folder, env, encoding: 'utf8' });
    expect(stdout.trimEnd().split('\n').toSorted()).toEqual(expected.toSorted());
  });
});
