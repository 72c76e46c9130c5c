import { IntegrityError } from '../../errors.ts';
import { shortened } from '../../excerpt.ts';

/** A reply that must be an array; throws `IntegrityError` if Redis answered something else. */
export function listIn(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : wrongShape('a list', reply);
}

/** A reply that must be an integer. */
export function integerIn(reply: unknown): number {
  return typeof reply === 'number' ? reply : wrongShape('an integer', reply);
}

/** A reply that must be text. */
export function textIn(reply: unknown): string {
  return typeof reply === 'string' ? reply : wrongShape('text', reply);
}

/** A reply that is an integer, or nothing. */
export function integerOrNull(reply: unknown): number | null {
  return typeof reply === 'number' ? reply : null;
}

/** A reply that is text, or nothing. */
export function textOrNull(reply: unknown): string | null {
  return typeof reply === 'string' ? reply : null;
}

function wrongShape(expected: string, reply: unknown): never {
  throw new IntegrityError(
    `Redis answered ${shortened(JSON.stringify(reply) ?? 'nothing', 80)} where ${expected} was expected`,
    {
      hint: 'Check whether a proxy stands between cronsync and Redis, or another server answers in its place.',
    },
  );
}
