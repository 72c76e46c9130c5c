import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';

/** Which packages a process of its own has loaded once it has compiled a mapping. */
function loadedBy(property: object, map: object): string[] {
  const mapping = {
    key: ['id'],
    schema: { type: 'object', properties: { id: { type: 'string' }, field: property } },
    map,
  };
  const script = `
    import { registerHooks } from 'node:module';
    const seen = [];
    registerHooks({ load(url, context, next) { seen.push(url); return next(url, context); } });
    const { compilePrepare } = await import('./src/records/prepare.ts');
    await compilePrepare(${JSON.stringify(mapping)});
    console.log(JSON.stringify(seen));`;
  const root = new URL('../..', import.meta.url);
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: root, encoding: 'utf8' });
  const urls: string[] = JSON.parse(child.stdout || child.stderr);
  return ['ajv', 'jmespath'].filter((name) => urls.some((url) => url.includes(`node_modules/`) && url.includes(name)));
}

describe('compiling a mapping loads', () => {
  test.each([
    [
      'nothing for types and plain paths',
      { type: 'string', format: 'email', title: 'x' },
      { id: 'a.b', field: 'c' },
      [],
    ],
    ['ajv where the schema says more than types', { type: 'string', minLength: 1 }, { id: 'a', field: 'c' }, ['ajv']],
    ['JMESPath where an expression is more than a path', { type: 'string' }, { id: 'a', field: 'c[0]' }, ['jmespath']],
  ])('%s', (_title, property, map, expected) => {
    expect(loadedBy(property, map)).toEqual(expected);
  });
});
