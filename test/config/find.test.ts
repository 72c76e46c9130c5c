import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/errors.ts';
import { aConfig, aFolder } from './a-config.ts';

const json = JSON.stringify(aConfig());
const typescript = `const name: string = 'crm';\nexport default { ...${json}, name } satisfies object;\n`;

test.each([
  ['sync.config.json', json],
  ['sync.config.yaml', `# yaml\n${json}`],
  ['sync.config.mjs', `export default ${json}`],
  ['sync.config.cjs', `module.exports = ${json}`],
  ['sync.config.ts', typescript],
  ['sync.config.mts', typescript],
  ['.syncrc', json],
  ['.syncrc.yml', json],
  ['package.json', `{"type": "module", "sync": ${json}}`],
])('finds %s', async (name, content) => {
  const cwd = await aFolder({ 'package.json': '{"type": "module"}', [name]: content });
  const loaded = await loadConfig({ cwd, env: {} });

  expect(loaded).toMatchObject({ path: join(cwd, name), dir: cwd, config: { name: 'crm' } });
});

test('prefers the file that is given, then SYNC_CONFIG, to what it would find', async () => {
  const cwd = await aFolder({
    'sync.config.json': aConfig({ name: 'found' }),
    'a/one.json': aConfig({ name: 'given' }),
    'two.json': aConfig({ name: 'named' }),
  });
  const env = { SYNC_CONFIG: 'two.json' };

  expect((await loadConfig({ cwd, env, file: 'a/one.json' })).config).toMatchObject({
    name: 'given',
    target: { file: join(cwd, 'a/sync.db') },
  });
  expect((await loadConfig({ cwd, env })).config.name).toBe('named');
  expect((await loadConfig({ cwd, env: { SYNC_CONFIG: '' } })).config.name).toBe('found');
});

test('reads $import and a byte order mark as cosmiconfig does', async () => {
  const { name, ...rest } = aConfig();
  const cwd = await aFolder({
    'base.json': rest,
    'sync.config.json': { $import: './base.json', name },
    'bom.json': `\uFEFF${json}`,
  });

  expect((await loadConfig({ cwd, env: {} })).config.name).toBe('crm');
  expect((await loadConfig({ cwd, env: {}, file: 'bom.json' })).config.name).toBe('crm');
});

test('names cronsync init if there is no config', async () => {
  const cwd = await aFolder({ 'package.json': '{}' });
  const thrown = await loadConfig({ cwd, env: {} }).catch((error: unknown) => error);

  expect(thrown).toBeInstanceOf(ConfigError);
  expect(thrown).toMatchObject({ message: expect.stringContaining(cwd), hint: expect.stringContaining('sync init') });
});

test.each([
  ['sync.config.json', '', 'is empty'],
  ['sync.config.yaml', '# nothing\n', 'is empty'],
  ['sync.config.json', '{"name": }', 'cannot be read'],
  ['sync.config.yaml', 'a: [', 'cannot be read'],
  ['sync.config.ts', 'export default {', 'does not load'],
  ['sync.config.ts', 'export const a = 1', 'has no default export'],
  ['sync.config.json', '[]', 'must be an object'],
])('says what is wrong with %s that holds %j', async (name, content, message) => {
  const cwd = await aFolder({ [name]: content });
  const thrown = await loadConfig({ cwd, env: {}, file: name }).catch((error: unknown) => error);

  expect(thrown).toBeInstanceOf(ConfigError);
  expect(thrown).toMatchObject({ message: expect.stringContaining(message) });
  expect(String(thrown)).toContain(name);
});

test('does not look past a config that cannot be read', async () => {
  const cwd = await aFolder({ '.syncrc.yaml': json });
  await mkdir(join(cwd, 'sync.config.yaml'));

  await expect(loadConfig({ cwd, env: {} })).rejects.toThrow('it is a folder');
});

test('says that a given file is not there', async () => {
  const cwd = await aFolder({});

  await expect(loadConfig({ cwd, env: {}, file: 'gone.yaml' })).rejects.toThrow(
    /gone\.yaml does not exist; nothing was done/,
  );
});
