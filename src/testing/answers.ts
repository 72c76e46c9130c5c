import { deepEqual, equal, ok } from 'node:assert/strict';
import { ExitCode, messageOf, syncErrorOf } from '../errors.ts';
import type { Check } from './checks.ts';
import { bytesOf, type PartyAnswer, type PartyFault, type PartyHit } from './party.ts';
import { type AdapterSubject, onStage, type Stage } from './subject.ts';
import { startWalk } from './walk.ts';

/** What an adapter keeps to when the third party does not: an error of the right kind, after one hit, and no records. */
export function answers(subject: AdapterSubject): readonly Check[] {
  return [...refused(subject), ...broken(subject), failsHalfWay(subject), stops(subject)];
}

function refused(subject: AdapterSubject): readonly Check[] {
  const cases: readonly (readonly [string, PartyFault, ExitCode])[] = [
    ['401 for credentials that are refused', { status: 401 }, ExitCode.credentials],
    ['403 for credentials that are refused', { status: 403 }, ExitCode.credentials],
    ['500 for a third party that fails', { status: 500, body: 'oops' }, ExitCode.unreachable],
    ['503 for a third party that is busy', { status: 503 }, ExitCode.unreachable],
    ['418 for no page', { status: 418, body: 'teapot' }, ExitCode.protocol],
    ['304, unasked, for no page', { status: 304 }, ExitCode.protocol],
    ['a redirect for no page', { status: 302, headers: { location: '/elsewhere' } }, ExitCode.protocol],
  ];
  const patient: Check = {
    name: 'leaves the third party alone for as long as 429 with Retry-After says',
    run: () =>
      onStage(subject, async (stage) => {
        const context = stage.context();
        stage.party.script({ status: 429, headers: { 'retry-after': '120' } });
        await demandFailure(subject, stage, ExitCode.unreachable, context);
        deepEqual(context.deferred(), [120_000], 'milliseconds');
      }),
  };
  return [...cases.map(([name, fault, exitCode]) => failing(subject, name, () => fault, exitCode)), patient];
}

function broken(subject: AdapterSubject): readonly Check[] {
  const cases: readonly (readonly [string, (first: PartyAnswer) => PartyFault])[] = [
    ['a body that is cut for no page', (first) => ({ ...first, body: cutBody(subject, first) })],
    [
      'a connection that is cut in the body for no page',
      (first) => ({ ...first, body: cutBody(subject, first), connection: 'cut' }),
    ],
    ['HTML with status 200 for no page', () => html],
    ['HTML without a content type for no page', () => ({ body: html.body })],
    ['bytes that are not UTF-8 for no page', (first) => ({ ...first, body: withoutUtf8(subject, first) })],
  ];
  return cases.map(([name, fault]) => failing(subject, name, fault, ExitCode.protocol));
}

const html = { headers: { 'content-type': 'text/html' }, body: '<!DOCTYPE html><html><p>Sorry</p></html>' };

function failing(
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

function failsHalfWay(subject: AdapterSubject): Check {
  const { resource, records, expected = records, hits } = subject;
  const run = () =>
    onStage(subject, async (stage) => {
      const before = Array.from({ length: hits - 1 }, () => null);
      stage.party.script(...before, { status: 500 });
      const walk = startWalk(resource);
      for (const _page of before) await walk.takePage(await stage.adapter(), stage.context());
      const thrown = await thrownBy(walk.takePage(await stage.adapter(), stage.context()));
      equal(exitCodeOf(thrown), ExitCode.unreachable, `it threw: ${messageOf(thrown)}`);
      while (!walk.isComplete) await walk.takePage(await stage.adapter(), stage.context());
      deepEqual(walk.records, expected);
    });
  return { name: 'goes on where it was after a 500 on the last page', run };
}

const stopMs = 3000;

function stops(subject: AdapterSubject): Check {
  const run = () =>
    onStage(subject, async (stage) => {
      const stop = new AbortController();
      const reason = new Error('the run is over');
      stage.party.script(() => {
        stop.abort(reason);
        return { connection: 'hang' };
      });
      const page = startWalk(subject.resource).takePage(await stage.adapter(), stage.context(stop.signal));
      equal(await thrownBy(Promise.race([page, tooLate(stop.signal)])), reason);
    });
  return { name: 'stops when the run does, with its reason', run };
}

/** Fails a while after the signal has fired: an adapter that does not hear it would hang for ever. */
function tooLate(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const late = () => reject(new Error(`it still goes on ${stopMs} ms after context.signal has fired`));
    signal.addEventListener('abort', () => setTimeout(late, stopMs).unref());
  });
}

async function demandFailure(
  { resource }: AdapterSubject,
  stage: Stage,
  exitCode: ExitCode,
  context = stage.context(),
): Promise<void> {
  const thrown = await thrownBy(startWalk(resource).takePage(await stage.adapter(), context));
  equal(exitCodeOf(thrown), exitCode, `the exit code: it threw "${messageOf(thrown)}"`);
  equal(stage.party.hits.length, 1, 'hits: the next run is the retry');
}

async function thrownBy(page: Promise<unknown>): Promise<unknown> {
  const outcome = await page.then(
    () => ({ thrown: undefined, isPage: true }),
    (thrown: unknown) => ({ thrown, isPage: false }),
  );
  ok(!outcome.isPage, 'it was taken for a page');
  return outcome.thrown;
}

/** As a run sees it: what is no error of sync's public API tells that the answer was no page. */
function exitCodeOf(thrown: unknown): ExitCode {
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

function cutBody({ cutBody }: AdapterSubject, { body }: PartyAnswer): string | Buffer {
  const bytes = bytesOf(body);
  return cutBody ?? bytes.subarray(0, bytes.length >> 1);
}

/** The longest text of the first record, with a byte in it that UTF-8 does not know. */
function withoutUtf8({ records }: AdapterSubject, { body }: PartyAnswer): Buffer {
  const bytes = bytesOf(body);
  const texts = Object.values(records[0] ?? {}).filter((value) => typeof value === 'string' && /^\w/.test(value));
  const [longest = ''] = texts.toSorted((a, b) => b.length - a.length);
  const found = bytes.indexOf(longest.slice(0, 2));
  const at = found === -1 ? bytes.length >> 1 : found + 1;
  return Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff]), bytes.subarray(at)]);
}
