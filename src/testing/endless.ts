import { equal, ok } from 'node:assert/strict';
import { ExitCode, messageOf, syncErrorOf } from '../errors.ts';
import type { Check } from './check.ts';
import { thrownBy } from './failing.ts';
import { type AdapterSubject, onStage } from './subject.ts';
import { startWalk } from './walk.ts';
import { walkAll } from './walk-all.ts';

/** More pages than any walk reads. */
const manyPages = 250;

/** If the third party repeats its first page for ever, the adapter throws, or passes the repetition on. */
export function endless(subject: AdapterSubject): Check {
  const run = () =>
    onStage(subject, async (stage) => {
      const { thirdParty } = stage;
      await startWalk(subject.resource).takePage(await stage.adapter(), stage.context());
      const [hit] = thirdParty.hits;
      ok(hit, 'the first page made no hit');
      const state = { records: subject.records, changed: [], deleted: [] };
      thirdParty.script(...Array.from({ length: manyPages }, () => subject.serve(hit, state)));
      const otherwise = 'a first page that was repeated again and again was accepted as a pass';
      const thrown = await thrownBy(walkAll(subject, stage), otherwise);
      // Any other error has a different reason than the repetition.
      const said = `it should throw a ProtocolError, and threw: ${messageOf(thrown)}`;
      equal(syncErrorOf(thrown)?.exitCode, ExitCode.protocol, said);
    });
  return { name: 'treats a page that repeats as an error, or passes the repetition on', run };
}
