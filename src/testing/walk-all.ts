import type { AdapterSubject, Stage } from './subject.ts';
import { startWalk, type Walk } from './walk.ts';

/** A whole pass, since a bookmark if there is one. Each page is read in a new run, so only the cursor connects them. */
export async function walkAll(
  { resource, key }: AdapterSubject,
  stage: Stage,
  bookmark: string | null = null,
): Promise<Walk> {
  const walk = startWalk(resource, { bookmark, key });
  while (!walk.isComplete) await walk.takePage(await stage.adapter(), stage.context());
  return walk;
}
