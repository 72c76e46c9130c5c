// Plugins that make the bundle start faster. The numbers are in docs/performance.md.
import { readFileSync } from 'node:fs';

/**
 * Loads some built-ins at the first use of one of their exports. A run that finds the lock held never uses them. This is for
 * bundles in CommonJS, where esbuild and compiled packages read an export at the place where they use it.
 */
export const lazyBuiltins = {
  name: 'lazy-builtins',
  setup(build) {
    const filter =
      /^(node:)?(child_process|tls|dns|v8|crypto|tty|os|assert|url|zlib|http|http2|https|timers\/promises)$/;
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
  /^(auth|hello|select|client|readonly|readwrite|info|multi|exec|watch|unwatch|cluster|asking|sentinel|ping|quit|role|eval|evalsha|x.*|[ps]?subscribe|[ps]?unsubscribe)$/;

/**
 * While ioredis loads, it makes two methods for each of some 500 commands, which takes 15 ms. This leaves only the commands
 * that it needs itself and that cronsync calls by name. All others go through `call`.
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

/** Leaves out the client for HTTP/2 of got, which reads constants of that built-in while it loads. cronsync speaks HTTP/1.1. */
export const noHttp2 = {
  name: 'no-http2',
  setup(build) {
    build.onLoad({ filter: /got[\\/]dist[\\/]source[\\/]core[\\/]utils[\\/]http2-client\.js$/ }, () => ({
      contents: 'export default {};',
    }));
  },
};

/** Replaces `debug`, which looks at the terminal while it loads. ioredis and got log nothing through it here. */
export const noDebug = {
  name: 'no-debug',
  setup(build) {
    build.onResolve({ filter: /^debug$/ }, ({ path }) => ({ path, namespace: 'no-debug' }));
    build.onLoad({ filter: /.*/, namespace: 'no-debug' }, () => ({
      contents: `const create = () => Object.assign(() => {}, { enabled: false }); create.default = create; module.exports = create;`,
    }));
  },
};

/** OpenTelemetry is not in the bundle: who wants it installs it. What another package has of it stays with that package. */
export const optionalTelemetry = {
  name: 'optional-telemetry',
  setup(build) {
    build.onResolve({ filter: /^@opentelemetry\// }, ({ path, importer }) =>
      /[\\/]src[\\/]telemetry[\\/]/.test(importer) ? { path, external: true } : undefined,
    );
  },
};

/**
 * Loads the part of ioredis for Redis Cluster at its first use, which only a cluster makes. ioredis itself loads it with
 * everything else, for a property of its class that nobody reads here.
 */
export const lazyCluster = {
  name: 'lazy-cluster',
  setup(build) {
    build.onResolve({ filter: /^\.\/cluster$/ }, ({ importer, resolveDir }) => {
      const [, by] = /ioredis[\\/]built[\\/](index|Redis)\.js$/.exec(importer) ?? [];
      return by && { path: `for-${by}`, namespace: 'lazy-cluster', pluginData: { resolveDir } };
    });
    build.onLoad({ filter: /.*/, namespace: 'lazy-cluster' }, ({ path, pluginData: { resolveDir } }) => {
      if (path === 'for-Redis') return { contents: 'exports.default = undefined;' };
      const get = `() => require('./cluster/index.js').default`;
      return { contents: `Object.defineProperty(exports, 'default', { enumerable: true, get: ${get} });`, resolveDir };
    });
  },
};

/** Leaves a module that is imported lazily to a bundle of its own, which lies beside this one. */
export function ownBundle(filter, bundle) {
  return {
    name: 'own-bundle',
    setup(build) {
      build.onResolve({ filter }, ({ kind }) =>
        kind === 'dynamic-import' ? { path: bundle, external: true } : undefined,
      );
    },
  };
}
