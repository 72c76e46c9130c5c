import { compileExpression } from '../../../expression.ts';
import type { Place } from '../options.ts';
import type { Answered } from './pager.ts';

/** Reads one place of an answer; null if there is nothing. */
export type ReadPlace = (answer: Pick<Answered, 'headers' | 'document'>) => unknown;

export async function compilePlace(place: Place): Promise<ReadPlace> {
  if (typeof place === 'object') return ({ headers }) => headers[place.header.toLowerCase()] ?? null;
  const read = await compileExpression(place);
  return ({ document }) => read(document);
}
