import { expect, test } from 'vitest';
import { hasModule, importModule } from '../../src/config/modules.ts';
import { aFolder } from './a-config.ts';

const importOnly = { name: 'esm', type: 'module', exports: { '.': { types: './x.d.ts', import: './main.js' } } };

test('imports TypeScript by its path, and packages as seen from the folder', async () => {
  const dir = await aFolder({
    'package.json': '{"type": "module"}',
    'ours.ts': 'const answer: number = 42;\nexport default answer;\n',
    'node_modules/esm/package.json': importOnly,
    'node_modules/esm/main.js': 'export default "esm";\n',
    'node_modules/cjs/index.js': 'module.exports = "cjs";\n',
  });

  expect(await importModule('./ours.ts', dir)).toBe(42);
  expect(await importModule('esm', dir)).toBe('esm');
  expect(await importModule('cjs', dir)).toBe('cjs');
});

test('knows whether a module is there without running it', async () => {
  const dir = await aFolder({
    'ours.ts': 'throw new Error()',
    'node_modules/esm/package.json': importOnly,
    'node_modules/esm/main.js': '',
  });

  expect(['./ours.ts', './gone.ts', 'esm', 'gone'].map((module) => hasModule(module, dir))).toEqual([
    true,
    false,
    true,
    false,
  ]);
});

test.each([
  ['./gone.ts', /gone\.ts does not exist/],
  ['gone', /package gone cannot be found/],
  ['./throws.ts', /throws\.ts does not load: on purpose/],
  ['./nothing.ts', /has no default export/],
])('says why %s cannot be used', async (specifier, message) => {
  const dir = await aFolder({ 'throws.ts': 'throw new Error("on purpose");', 'nothing.ts': 'export {};' });

  await expect(importModule(specifier, dir)).rejects.toThrow(message);
});

const esm = "import { b } from './b';\nexport default b;\n";

test.each([
  ['"type": "commonjs"', 'ours.ts', esm.replace('./b', './b.ts')],
  ['"type": "commonjs"', 'ours.js', esm.replace('./b', './b.js')],
  ['"private": true', 'ours.ts', esm.replace('./b', './b.ts')],
  ['"type": "commonjs"', 'ours.ts', "const answer: number = require('./c.cjs');\nmodule.exports = answer;\n"],
  ['"type": "commonjs"', 'ours.js', "module.exports = require('./c.cjs');\n"],
])('in a package with %s, %s that says %j is what it is written as', async (type, name, content) => {
  const dir = await aFolder({
    'package.json': `{${type}}`,
    [name]: content,
    'b.ts': 'export const b: number = 42;\n',
    'b.js': 'export const b = 42;\n',
    'c.cjs': 'module.exports = 42;\n',
  });

  expect(await importModule(`./${name}`, dir)).toBe(42);
});
