import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEnvFiles } from '../../src/config/env-file.ts';
import { ConfigError } from '../../src/errors.ts';
import { aFolder } from './a-config.ts';

test('reads .env beside the config, and a variable of the environment wins, also an empty one', async () => {
  const cwd = await aFolder({ '.env': 'A=1\nB="two words"\n# C=3\nD=4\n' });

  expect(readEnvFiles({ cwd, env: { A: 'real', D: '' } })).toEqual({
    paths: [join(cwd, '.env')],
    variables: { B: 'two words' },
  });
});

test.each([
  [{ file: 'conf/crm.json' }, 'conf'],
  [{ env: { SYNC_CONFIG: 'conf/crm.json' } }, 'conf'],
  [{ file: 'conf/crm.json', env: { SYNC_CONFIG: 'other/crm.json' } }, 'conf'],
  [{}, '.'],
])('with %j, the config and its .env are in %s', async (options, folder) => {
  const cwd = await aFolder({ '.env': 'A=.', 'conf/.env': 'A=conf', 'other/.env': 'A=other' });

  const { variables } = readEnvFiles({ cwd, env: {}, ...options });
  expect(variables).toMatchObject({ A: folder });
});

test('reads the files that are named in place of .env, and the last one wins', async () => {
  const cwd = await aFolder({ '.env': 'A=0\nB=0', 'a.env': 'A=1\nC=1', 'b.env': 'A=2' });

  expect(readEnvFiles({ cwd, env: {}, envFiles: ['a.env', 'b.env'] })).toEqual({
    paths: [join(cwd, 'a.env'), join(cwd, 'b.env')],
    variables: { A: '2', C: '1' },
  });
  expect(readEnvFiles({ cwd: join(cwd, 'none'), env: {} })).toEqual({ paths: [], variables: {} });
});

test('a file that is named and cannot be read is an error', async () => {
  const cwd = await aFolder({ 'folder/x': '' });

  expect(() => readEnvFiles({ cwd, env: {}, envFiles: ['gone.env'] })).toThrow(
    `the env file ${join(cwd, 'gone.env')} does not exist; nothing was done`,
  );
  expect(() => readEnvFiles({ cwd, env: {}, envFiles: ['folder'] })).toThrow(/cannot be read: EISDIR/);
  expect(() => readEnvFiles({ cwd, env: {}, envFiles: ['folder'] })).toThrow(ConfigError);
});
