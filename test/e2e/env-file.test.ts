import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers, type Project } from '../helpers/sync.ts';

/** The config names its third party by a variable, and its credentials. */
async function aProjectWithVariables(): Promise<Project> {
  const project = await aProject({ redis, records: customers(3) });
  await project.reconfigure((config) => {
    const acme = { ...config.adapters.acme, baseUrl: '${PARTY}', auth: { type: 'bearer', token: '${PARTY_TOKEN}' } };
    return { ...config, adapters: { acme } };
  });
  return project;
}

test('variables come from .env beside the config, and check says so', async () => {
  await using project = await aProjectWithVariables();
  expect(await project.sync(['check'])).toMatchObject({
    exitCode: 78,
    stderr: expect.stringContaining('the environment variable PARTY to be set'),
  });

  const path = await project.write('.env', `PARTY=${project.party.url}\nPARTY_TOKEN="from the file"\n`);
  const check = await project.sync(['check']);
  expect(check).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`✓ env file  ${path}\n`) });
  expect(await project.sync()).toMatchObject({ exitCode: 0 });
  expect(project.party.arrivals.at(-1)?.headers.authorization).toBe('Bearer from the file');

  expect(await project.sync(['run'], { env: { PARTY_TOKEN: 'real' } })).toMatchObject({ exitCode: 0 });
  expect(project.party.arrivals.at(-1)?.headers.authorization).toBe('Bearer real');
});

test('--env-file is read in place of .env, before the name of the command or after it', async () => {
  await using project = await aProjectWithVariables();
  await project.write('.env', 'PARTY=http://127.0.0.1:1');
  await project.write('one.env', `PARTY=${project.party.url}\nPARTY_TOKEN=one\n`);
  await project.write('two.env', 'PARTY_TOKEN=two\n');

  const both = ['--env-file', 'one.env', '--env-file=two.env'];
  for (const words of [['run', ...both], [...both, 'run'], both])
    expect(await project.sync(words)).toMatchObject({ exitCode: 0 });
  expect(project.party.arrivals.at(-1)?.headers.authorization).toBe('Bearer two');
  expect(await project.sync(['check', '--env-file', 'gone.env'])).toMatchObject({
    exitCode: 78,
    stderr: expect.stringContaining(`the env file ${join(project.dir, 'gone.env')} does not exist; nothing was done`),
  });
});

test('a config in TypeScript and its modules run in a package that npm init wrote, and nothing is printed', async () => {
  await using project = await aProject({ redis, records: customers(3) });
  await rm(join(project.dir, 'sync.config.json'));
  await project.write('config/acme.ts', `export const acme: object = ${JSON.stringify(project.config.adapters.acme)};`);
  const { adapters: _, ...rest } = project.config;
  await project.write(
    'sync.config.ts',
    `import { defineConfig } from 'cronsync';
import { acme } from './config/acme.ts';

export default defineConfig({ ...${JSON.stringify(rest)}, adapters: { acme: { ...acme, headers: { 'x-from': process.env.FROM! } } } });
`,
  );
  await project.write('.env', 'FROM=the file');
  await mkdir(join(project.dir, 'node_modules/cronsync'), { recursive: true });
  await project.write('node_modules/cronsync/package.json', { type: 'module', exports: './index.js' });
  await project.write('node_modules/cronsync/index.js', 'export const defineConfig = (config) => config;');

  for (const type of [{ type: 'commonjs' }, {}]) {
    await project.write('package.json', { name: 'crm', ...type });
    const run = await project.sync(['run', '--quiet'], { ownProcess: true });
    expect(run).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    expect(project.party.arrivals.at(-1)?.headers['x-from']).toBe('the file');
  }
});
