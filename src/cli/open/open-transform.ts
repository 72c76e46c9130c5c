import { ConfigError } from '../../errors.ts';
import type { Transform } from '../../transform.ts';

/** Loads a module of `transform`. Throws `ConfigError`. */
export async function openTransform(module: string, dir: string): Promise<Transform> {
  const { importModule } = await import('../../config/modules.ts');
  const transform = await importModule(module, dir);
  if (typeof transform === 'function') return transform as Transform;
  throw new ConfigError(`the module ${module} does not export a function; no hit was made`, {
    hint: 'Its default export takes a record and returns it: export default (record) => record.',
  });
}
