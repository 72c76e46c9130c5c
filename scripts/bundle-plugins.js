// What makes the bundle start faster: docs/performance.md has the numbers.
import { readFileSync } from 'node:fs';

/**
 * Built-ins that a run which only finds the lock held never uses are loaded at the first use of one of their exports.
 * For bundles in CommonJS: esbuild and compiled packages read exports where they use them.
 */
export const lazyBuiltins = {
  name: 'lazy-builtins',
  setup(build) {
    const filter = /^(node:)?(child_process|tls|dns|v8|crypto|tty|os|assert|url|zlib|http|https|timers\/promises)$/;
    build.onResolve({ filter }, ({ path, kind }) =>
      kind === 'require-call' || kind === 'import-statement'
        ? { path: path.replace(/^node:/, ''), namespace: 'lazy-builtin' }
        : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'lazy-builtin' }, ({ path }) => ({
      contents: `
        const names = ${JSON.stringify(Object.keys(process.getBuiltinModule(path)).filter((name) => name !== 'default'))};
        let loaded;
        const load = () => (loaded ??= process.getBuiltinModule('node:${path}'));
        for (const name of names) Object.defineProperty(exports, name, { enumerable: true, get: () => load()[name] });`,
    }));
  },
};

const commands =
  /^(auth|hello|select|client|readonly|info|multi|exec|watch|unwatch|cluster|asking|sentinel|ping|quit|role|eval|evalsha|x.*|[ps]?subscribe|[ps]?unsubscribe)$/;

/**
 * ioredis makes two methods of each of some 500 commands while it loads, for 15 ms: these are the ones that it needs itself
 * and that sync calls by name. All others go through `call`.
 */
export const fewCommands = {
  name: 'few-commands',
  setup(build) {
    build.onLoad({ filter: /@ioredis[\\/]commands[\\/]built[\\/]commands\.json$/ }, ({ path }) => {
      const all = Object.entries(JSON.parse(readFileSync(path, 'utf8')));
      return {
        contents: JSON.stringify(Object.fromEntries(all.filter(([name]) => commands.test(name)))),
        loader: 'json',
      };
    });
  },
};

/** `debug` looks at the terminal while it loads; ioredis and got log nothing through it here. */
export const noDebug = {
  name: 'no-debug',
  setup(build) {
    build.onResolve({ filter: /^debug$/ }, ({ path }) => ({ path, namespace: 'no-debug' }));
    build.onLoad({ filter: /.*/, namespace: 'no-debug' }, () => ({
      contents: `const create = () => Object.assign(() => {}, { enabled: false }); create.default = create; module.exports = create;`,
    }));
  },
};

/** sync does not speak Redis Cluster yet; the part of ioredis that does would load with it. */
export const noCluster = {
  name: 'no-cluster',
  setup(build) {
    build.onResolve({ filter: /^\.\/cluster$/ }, ({ importer }) =>
      /ioredis[\\/]built[\\/](index|Redis)\.js$/.test(importer)
        ? { path: 'ioredis-cluster', namespace: 'no-cluster' }
        : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'no-cluster' }, () => ({ contents: 'exports.default = undefined;' }));
  },
};
