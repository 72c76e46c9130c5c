import { equal, ok } from 'node:assert/strict';
import { ExitCode, messageOf, syncErrorOf } from '../errors.ts';
import type { Check } from './checks.ts';
import type { PartyAnswer, PartyFault, PartyHit } from './party.ts';
import { type AdapterSubject, onStage, type Stage } from './subject.ts';
import { startWalk } from './walk.ts';

/** Something goes wrong with the first page, made of what the third party would have answered: an error, after one hit. */
export function failing(
  subject: AdapterSubject,
  what: string,
  fault: (first: PartyAnswer) => PartyFault,
  exitCode: ExitCode,
): Check {
  const run = () =>
    onStage(subject, async (stage) => {
      const first = await firstAnswer(subject);
      stage.party.script(() => fault(first));
      await demandFailure(subject, stage, exitCode);
    });
  return { name: `takes ${what}`, run };
}

export async function demandFailure(
  { resource }: AdapterSubject,
  stage: Stage,
  exitCode: ExitCode,
  context = stage.context(),
): Promise<void> {
  const thrown = await thrownBy(startWalk(resource).takePage(await stage.adapter(), context));
  equal(exitCodeOf(thrown), exitCode, `the exit code: it threw "${messageOf(thrown)}"`);
  equal(stage.party.hits.length, 1, 'hits: the next run is the retry');
}

/** What it threw. Fails if it threw nothing. */
export async function thrownBy(page: Promise<unknown>, otherwise = 'it was taken for a page'): Promise<unknown> {
  const outcome = await page.then(
    () => ({ thrown: undefined, isPage: true }),
    (thrown: unknown) => ({ thrown, isPage: false }),
  );
  ok(!outcome.isPage, otherwise);
  return outcome.thrown;
}

/** As a run sees it: what is not an error of the public API shows that the answer was no page. */
export function exitCodeOf(thrown: unknown): ExitCode {
  return syncErrorOf(thrown)?.exitCode ?? ExitCode.protocol;
}

/** What the third party answers to the adapter's first request. */
async function firstAnswer(subject: AdapterSubject): Promise<PartyAnswer> {
  let first: PartyHit | undefined;
  await onStage(subject, async ({ party, adapter, context }) => {
    await startWalk(subject.resource).takePage(await adapter(), context());
    first = party.hits[0];
  });
  if (!first) throw new Error('the first page made no hit');
  return subject.serve(first, { records: subject.records, changed: [], deleted: [] });
}
