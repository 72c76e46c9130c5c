import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, messageOf } from '../errors.ts';
import { allowModuleSyntax } from './esm-syntax.ts';

/** Whether a module is given by its path rather than by the name of a package. */
export function isModulePath(specifier: string): boolean {
  return /^\.{1,2}\//.test(specifier) || isAbsolute(specifier);
}

/** Makes the path of a module absolute; the name of a package stays. */
export function resolveModule(specifier: string, dir: string): string {
  return isModulePath(specifier) ? resolve(dir, specifier) : specifier;
}

/** Whether the file exists, or the package as seen from `dir`. It runs nothing. */
export function hasModule(specifier: string, dir: string): boolean {
  if (isModulePath(specifier)) return existsSync(resolve(dir, specifier));
  return packagePlace(specifier, dir) !== undefined;
}

/**
 * Runs a user's module and returns its default export. `specifier` is a path or the name of a package, both as seen from
 * `dir`, the config's folder. TypeScript runs as it is, its types stripped by Node. `import` and `export` work in every package.
 */
export async function importModule(specifier: string, dir: string): Promise<unknown> {
  const place = isModulePath(specifier) ? resolve(dir, specifier) : packagePlace(specifier, dir);
  if (place === undefined || (isModulePath(specifier) && !existsSync(place))) throw missingModule(specifier, dir);
  allowModuleSyntax();
  const module = await import(pathToFileURL(place).href).catch((error: unknown) => {
    throw new ConfigError(`the module ${specifier} does not load: ${messageOf(error)}`, {
      cause: error,
      hint: hintFor(error, place),
    });
  });
  if (!('default' in module)) {
    throw new ConfigError(`the module ${specifier} has no default export`, { hint: 'Write "export default …" in it.' });
  }
  return module.default;
}

function missingModule(specifier: string, dir: string): ConfigError {
  if (isModulePath(specifier)) return new ConfigError(`the module ${resolve(dir, specifier)} does not exist`);
  return new ConfigError(`the package ${specifier} cannot be found from ${dir}`, {
    hint: `Install it there (npm install ${specifier}), or write a path such as "./${specifier}.ts".`,
  });
}

function hintFor(error: unknown, place: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX')
    return 'TypeScript runs with its types stripped: no enum, namespace or parameter property.';
  if (code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING')
    return 'A package must ship JavaScript: Node strips no types below node_modules.';
  return `Try it alone: node ${place}`;
}

/** The entry file of a package; undefined if the package is not installed. */
function packagePlace(name: string, dir: string): string | undefined {
  const require = createRequire(join(dir, 'config.js'));
  try {
    return require.resolve(name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_PACKAGE_PATH_NOT_EXPORTED'))
      return undefined;
    return importOnlyPlace(name, require);
  }
}

/** Packages whose `exports` have nothing but an `import` condition are invisible to `require.resolve`. */
function importOnlyPlace(name: string, require: NodeJS.Require): string | undefined {
  const folder = require.resolve
    .paths(name)
    ?.map((modules) => join(modules, name))
    .find((folder) => existsSync(join(folder, 'package.json')));
  if (folder === undefined) return undefined;
  const { exports } = require(join(folder, 'package.json'));
  const entry = entryOf(exports?.['.'] ?? exports);
  return entry === undefined ? undefined : join(folder, entry);
}

/** The entry of `exports` for an import in Node, with conditions in the order in which they are written (Node.js, "Conditional exports"). */
function entryOf(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (typeof target !== 'object' || target === null) return undefined;
  const conditions = Object.entries(target).filter(([condition]) =>
    ['node', 'import', 'module-sync', 'default'].includes(condition),
  );
  return conditions.map(([, inner]) => entryOf(inner)).find((entry) => entry !== undefined);
}
