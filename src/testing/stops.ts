import { equal } from 'node:assert/strict';
import type { Check } from './checks.ts';
import { thrownBy } from './failing.ts';
import { type AdapterSubject, onStage } from './subject.ts';
import { startWalk } from './walk.ts';

const stopMs = 3000;

/** An adapter ends when its run does, and says that this was why. */
export function stops(subject: AdapterSubject): Check {
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
