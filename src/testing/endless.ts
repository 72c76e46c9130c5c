import { equal, ok } from 'node:assert/strict';
import { ExitCode, messageOf, syncErrorOf } from '../errors.ts';
import type { Check } from './checks.ts';
import { thrownBy } from './failing.ts';
import { type AdapterSubject, onStage } from './subject.ts';
import { startWalk } from './walk.ts';
import { walkAll } from './walk-all.ts';

/** More than any walk goes on for. */
const manyPages = 250;

/** A third party that gives its first page for ever: the adapter says so, or lets it be seen. */
export function endless(subject: AdapterSubject): Check {
  const run = () =>
    onStage(subject, async (stage) => {
      const { party } = stage;
      await startWalk(subject.resource).takePage(await stage.adapter(), stage.context());
      const [hit] = party.hits;
      ok(hit, 'the first page made no hit');
      const state = { records: subject.records, changed: [], deleted: [] };
      party.script(...Array.from({ length: manyPages }, () => subject.serve(hit, state)));
      const otherwise = 'a first page that comes again and again was taken for a pass';
      const thrown = await thrownBy(walkAll(subject, stage), otherwise);
      // Whatever else goes wrong on the way says nothing of a page that repeats.
      const said = `a ProtocolError belongs here, and it threw: ${messageOf(thrown)}`;
      equal(syncErrorOf(thrown)?.exitCode, ExitCode.protocol, said);
    });
  return { name: 'takes a page that repeats for an error, or shows that it does', run };
}
