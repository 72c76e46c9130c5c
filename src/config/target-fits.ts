import { type Problem, pathOf } from './problems.ts';
import { isObject } from './schema/objects.ts';

/** Checks that the password of the target comes from one place. */
export function targetFits({ target }: Readonly<Record<string, unknown>>): readonly Problem[] {
  if (!isObject(target) || target.auth === undefined || !URL.parse(String(target.url))?.password) return [];
  const expected = 'no password beside it: the module returns it';
  return [{ path: pathOf(['target', 'auth']), expected, found: 'a password in target.url' }];
}
