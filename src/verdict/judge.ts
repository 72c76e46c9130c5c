import type { Facts } from './facts.ts';
import { type Problem, type ProblemId, worstFirst } from './problem.ts';
import { deliveryProblems } from './problems/deliveries.ts';
import { doubtProblems } from './problems/doubts.ts';
import { heldProblems } from './problems/held.ts';
import { passProblems } from './problems/passes.ts';
import { pauseProblems } from './problems/pauses.ts';
import { runProblems } from './problems/runs.ts';
import { storeProblems } from './problems/stores.ts';
import { thirdPartyProblems } from './problems/third-party.ts';
import { standingOf } from './standing.ts';
import type { Verdict } from './verdict.ts';

/**
 * The verdict on a sync, and its problems, worst first. Pure: the same facts give the same verdict in a terminal, on the page, in
 * metrics and in events.
 *
 * If several verdicts apply, the first of these is given, because it explains or hides the others:
 *
 * 1. `unknown`: a store does not answer, so that nothing else is certain.
 * 2. `paused`: a person wants it so; being behind follows from it.
 * 3. `never-ran`
 * 4. `behind`: the rows are old.
 * 5. `held`, 6. `doubtful`: the rows are current, and some of them may be wrong.
 * 7. `delivering-late`: the rows are right, and the side effects are missing.
 * 8. `catching-up`: nothing is wrong, and it takes time.
 * 9. `in-step`
 *
 * The problems are always those of all of them.
 */
export function judge(facts: Facts): Verdict {
  const problems = problemsOf(facts).toSorted(worstFirst);
  return { ...standingOf(facts, problems), problems };
}

function problemsOf(facts: Facts): Problem[] {
  const known = [
    storeProblems,
    thirdPartyProblems,
    runProblems,
    passProblems,
    heldProblems,
    doubtProblems,
    deliveryProblems,
    pauseProblems,
  ].flatMap((find) => find(facts));
  return withoutConsequences(known);
}

/** What explains that no pass is complete; the late pass itself is then not a problem of its own. */
const explanations: readonly ProblemId[] = [
  ...(['cron-missing', 'lock-held', 'runs-killed', 'runs-fail', 'no-slots', 'backing-off'] as const),
  ...(['sync-paused', 'redis-away', 'redis-refuses', 'disk-full', 'credentials-refused'] as const),
];

function withoutConsequences(problems: readonly Problem[]): Problem[] {
  const isPaused = problems.some(({ id }) => id === 'sync-paused');
  const isExplained = problems.some(({ id }) => explanations.includes(id));
  return problems.filter(({ id }) => !(id === 'pass-late' && isExplained) && !(id === 'no-slots' && isPaused));
}
