import { deepEqual, equal } from 'node:assert/strict';
import { ExitCode, messageOf } from '../errors.ts';
import { cutBody, cutOff, withoutUtf8 } from './bodies.ts';
import type { Check } from './check.ts';
import { demandFailure, exitCodeOf, failing, thrownBy } from './failing.ts';
import { stops } from './stops.ts';
import { type AdapterSubject, onStage } from './subject.ts';
import type { ThirdPartyAnswer, ThirdPartyFault } from './third-party.ts';
import { startWalk } from './walk.ts';

/** The rules for an adapter when the third party fails: an error of the right kind, after one hit, and no records. */
export function answers(subject: AdapterSubject): readonly Check[] {
  const failed = subject.program ? failedInProgram(subject) : refused(subject);
  return [...failed, ...broken(subject), failsHalfWay(subject), stops(subject)];
}

/** cronsync cannot know what happened to a program, only that it failed. */
function failedInProgram(subject: AdapterSubject): readonly Check[] {
  const cases: readonly (readonly [string, (first: ThirdPartyAnswer) => ThirdPartyFault])[] = [
    ['a program that is refused as one that failed', () => ({ status: 401 })],
    ['a program that meets an error as one that failed', () => ({ status: 500, body: 'oops' })],
    ['a program that is cut off in the body as one that failed', (first) => cutOff(subject, first)],
  ];
  return cases.map(([name, fault]) => failing(subject, name, fault, ExitCode.unreachable));
}

function refused(subject: AdapterSubject): readonly Check[] {
  const cases: readonly (readonly [string, ThirdPartyFault, ExitCode])[] = [
    ['401 as refused credentials', { status: 401 }, ExitCode.credentials],
    ['403 as refused credentials', { status: 403 }, ExitCode.credentials],
    ['500 as a third party that fails', { status: 500, body: 'oops' }, ExitCode.unreachable],
    ['503 as a third party that is busy', { status: 503 }, ExitCode.unreachable],
    ['418 as an error, not a page', { status: 418, body: 'teapot' }, ExitCode.protocol],
    ['304 without a condition as an error, not a page', { status: 304 }, ExitCode.protocol],
    ['a redirect as an error, not a page', { status: 302, headers: { location: '/elsewhere' } }, ExitCode.protocol],
  ];
  const patient: Check = {
    name: 'leaves the third party alone for as long as 429 with Retry-After says',
    run: () =>
      onStage(subject, async (stage) => {
        const context = stage.context();
        stage.thirdParty.script({ status: 429, headers: { 'retry-after': '120' } });
        await demandFailure(subject, stage, ExitCode.unreachable, context);
        deepEqual(context.deferred(), [120_000], 'milliseconds');
      }),
  };
  const cut = failing(
    subject,
    'a connection that is cut in the body as an error, not a page',
    (first) => cutOff(subject, first),
    ExitCode.protocol,
  );
  return [...cases.map(([name, fault, exitCode]) => failing(subject, name, () => fault, exitCode)), patient, cut];
}

function broken(subject: AdapterSubject): readonly Check[] {
  const cases: readonly (readonly [string, (first: ThirdPartyAnswer) => ThirdPartyFault])[] = [
    ['a body that is cut as an error, not a page', (first) => ({ ...first, body: cutBody(subject, first) })],
    ['HTML with status 200 as an error, not a page', () => html],
    ['HTML without a content type as an error, not a page', () => ({ body: html.body })],
    ['bytes that are not UTF-8 as an error, not a page', (first) => ({ ...first, body: withoutUtf8(subject, first) })],
  ];
  return cases.map(([name, fault]) => failing(subject, name, fault, ExitCode.protocol));
}

const html = { headers: { 'content-type': 'text/html' }, body: '<!DOCTYPE html><html><p>Sorry</p></html>' };

function failsHalfWay(subject: AdapterSubject): Check {
  const { resource, key, records, expected = records, hits } = subject;
  const run = () =>
    onStage(subject, async (stage) => {
      const before = Array.from({ length: hits - 1 }, () => null);
      stage.thirdParty.script(...before, { status: 500 });
      const walk = startWalk(resource, { key });
      for (const _page of before) await walk.takePage(await stage.adapter(), stage.context());
      const thrown = await thrownBy(walk.takePage(await stage.adapter(), stage.context()));
      equal(exitCodeOf(thrown), ExitCode.unreachable, `it threw: ${messageOf(thrown)}`);
      while (!walk.isComplete) await walk.takePage(await stage.adapter(), stage.context());
      deepEqual(walk.records, expected);
    });
  return { name: 'goes on where it was after a 500 on the last page', run };
}
