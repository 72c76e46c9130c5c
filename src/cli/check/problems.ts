import { judge } from '../../verdict/judge.ts';
import type { ProblemId } from '../../verdict/problem.ts';
import { StoreAsker } from '../ask/ask-stores.ts';
import type { Setting } from '../open/app.ts';
import { type Finding, note } from './finding.ts';

/** `check` has found these itself. */
const foundElsewhere: readonly ProblemId[] = [
  ...(['stores-away', 'redis-away', 'redis-refuses', 'database-away', 'database-newer', 'database-refuses'] as const),
];

/** The standing problems of the verdict. They are notes: the config is right, and a run works. */
export async function checkProblems(setting: Setting): Promise<readonly Finding[]> {
  await using asker = new StoreAsker(setting);
  const { problems } = judge(await asker.ask());
  return problems
    .filter(({ id }) => !foundElsewhere.includes(id))
    .map(({ id, cause, advice, next }) => note(id, `${cause} ${advice} "${next}"`));
}
