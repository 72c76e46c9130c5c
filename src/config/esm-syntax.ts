import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const importsOrExports = /^(?:import|export)[\s{*"']/m;
const isCommonJs = /\bmodule\.exports\b|^\s*exports\.\w|\brequire\(/m;

/** By Node's names, the formats of files that are CommonJS only because their package says so, or says nothing. */
const modules: ReadonlyMap<unknown, string> = new Map([
  ['commonjs', 'module'],
  ['commonjs-typescript', 'module-typescript'],
]);

let isRegistered = false;

/**
 * From now on a user's file with `import` and `export` is a module, whatever its package.json says: `npm init` writes
 * `"type": "commonjs"`, under which Node refuses it, and without a `type` Node warns. Packages stay as they are.
 */
export function allowModuleSyntax(): void {
  if (isRegistered) return;
  isRegistered = true;
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      const format = formatOf(found);
      return format === undefined ? found : { ...found, format };
    },
  });
}

function formatOf({ url, format }: { readonly url: string; readonly format?: string | null | undefined }) {
  if (!url.startsWith('file:') || url.includes('/node_modules/') || !/\.[jt]s(\?|$)/.test(url)) return undefined;
  const assumed = modules.get(format ?? (/\.ts(\?|$)/.test(url) ? 'commonjs-typescript' : 'commonjs'));
  if (assumed === undefined) return undefined;
  const source = readFileSync(fileURLToPath(url), 'utf8');
  return importsOrExports.test(source) && !isCommonJs.test(source) ? assumed : undefined;
}
