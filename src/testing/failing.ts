import { equal, ok } from 'node:assert/strict';
import { ExitCode, messageOf, syncErrorOf } from '../errors.ts';
import type { Check } from './check.ts';
import { type AdapterSubject, onStage, type Stage } from './subject.ts';
import type { ThirdPartyAnswer, ThirdPartyFault, ThirdPartyHit } from './third-party.ts';
import { startWalk } from './walk.ts';

/** A check in which the first page fails: the adapter throws an error of this kind after one hit. `fault` gets the good answer. */
export function failing(
  subject: AdapterSubject,
  what: string,
  fault: (first: ThirdPartyAnswer) => ThirdPartyFault,
  exitCode: ExitCode,
): Check {
  const run = () =>
    onStage(subject, async (stage) => {
      const first = await firstAnswer(subject);
      stage.thirdParty.script(() => fault(first));
      await demandFailure(subject, stage, exitCode);
    });
  return { name: `treats ${what}`, run };
}

export async function demandFailure(
  { resource }: AdapterSubject,
  stage: Stage,
  exitCode: ExitCode,
  context = stage.context(),
): Promise<void> {
  const thrown = await thrownBy(startWalk(resource).takePage(await stage.adapter(), context));
  equal(exitCodeOf(thrown), exitCode, `the exit code: it threw "${messageOf(thrown)}"`);
  equal(stage.thirdParty.hits.length, 1, 'hits: the next run is the retry');
}

/** What it threw. Fails if it threw nothing. */
export async function thrownBy(page: Promise<unknown>, otherwise = 'it was accepted as a page'): Promise<unknown> {
  const outcome = await page.then(
    () => ({ thrown: undefined, isPage: true }),
    (thrown: unknown) => ({ thrown, isPage: false }),
  );
  ok(!outcome.isPage, otherwise);
  return outcome.thrown;
}

/** The exit code as a run sees it. An error that is not of cronsync's public API means that the answer was not a page. */
export function exitCodeOf(thrown: unknown): ExitCode {
  return syncErrorOf(thrown)?.exitCode ?? ExitCode.protocol;
}

/** What the third party answers to the adapter's first request. */
async function firstAnswer(subject: AdapterSubject): Promise<ThirdPartyAnswer> {
  let first: ThirdPartyHit | undefined;
  await onStage(subject, async ({ thirdParty, adapter, context }) => {
    await startWalk(subject.resource).takePage(await adapter(), context());
    first = thirdParty.hits[0];
  });
  if (!first) throw new Error('the first page made no hit');
  return subject.serve(first, { records: subject.records, changed: [], deleted: [] });
}
