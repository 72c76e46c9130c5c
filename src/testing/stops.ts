import { equal } from 'node:assert/strict';
import type { Check } from './check.ts';
import { thrownBy } from './failing.ts';
import { type AdapterSubject, onStage } from './subject.ts';
import { startWalk } from './walk.ts';

const stopMs = 3000;

/** An adapter ends when its run ends, and throws the signal's reason. */
export function stops(subject: AdapterSubject): Check {
  const run = () =>
    onStage(subject, async (stage) => {
      const stop = new AbortController();
      const reason = new Error('the run is over');
      stage.thirdParty.script(() => {
        stop.abort(reason);
        return { connection: 'hang' };
      });
      const page = startWalk(subject.resource).takePage(await stage.adapter(), stage.context(stop.signal));
      equal(await thrownBy(Promise.race([page, tooLate(stop.signal)])), reason);
    });
  return { name: 'stops when the run does, with its reason', run };
}

/** Fails some time after the signal has fired: an adapter that ignores it would hang for ever. */
function tooLate(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const late = () => reject(new Error(`it is still running ${stopMs} ms after context.signal has fired`));
    signal.addEventListener('abort', () => setTimeout(late, stopMs).unref());
  });
}
