import * as v from 'valibot';
import { mapping } from './mapping.ts';
import { closed, variables } from './objects.ts';
import { oneOf, text } from './scalars.ts';

/** A file that a tap reads: its content, or its path. */
function tapFile(description: string) {
  return v.exactOptional(
    v.pipe(
      v.union(
        [v.record(v.string(), v.unknown()), v.pipe(v.string(), v.nonEmpty())],
        'an object, or the path of a file',
      ),
      v.description(description),
    ),
  );
}

/** The options of the adapter `singer` beside the common ones. */
export const tapOptions = {
  command: v.pipe(
    v.array(v.string()),
    v.minLength(1, 'a list that begins with a program'),
    v.description('The tap and its arguments. No shell is involved.'),
  ),
  env: variables('tap'),
  config: tapFile("The tap's own config: an object, or the path of a file. The tap gets it as `--config FILE`."),
  catalog: tapFile(
    'The catalog of what the tap reads: an object, or the path of a file. The tap gets it as `--catalog FILE`.',
  ),
};

/** How the adapter `singer` reads one resource. */
export const tapResource = closed({
  stream: text("The name of the tap's stream."),
  mode: v.exactOptional(
    oneOf(
      ['snapshot', 'changes'],
      'Whether the tap reads everything each time, or what changed since its last state. Default: what the catalog says.',
    ),
  ),
  ...mapping,
});
