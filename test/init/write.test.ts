import fc from 'fast-check';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { written } from '../../src/init/write.ts';

const anyConfig = fc
  .dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }))
  .map((config) => JSON.parse(JSON.stringify(config)));

test('a config is the same in JSON and in YAML', () => {
  fc.assert(
    fc.property(anyConfig, (config) => {
      expect(JSON.parse(written(config, 'json'))).toEqual(config);
      expect(load(written(config, 'yaml'))).toEqual(config);
    }),
  );
});

test('in TypeScript it is typed', () => {
  expect(written({ name: 'crm' }, 'ts')).toBe(
    'import { defineConfig } from \'cronsync\';\n\nexport default defineConfig({ name: "crm" });\n',
  );
});
