import * as v from 'valibot';
import { defaultMarginMs } from '../../throttle.ts';
import { closed } from './objects.ts';
import { duration, integer, name, pause } from './scalars.ts';

const one = closed({
  hits: v.exactOptional(integer('The most hits in any window of `per`.'), 1),
  per: v.exactOptional(duration('The length of the window.'), '60s'),
  wait: v.exactOptional(pause('How long a run waits for a slot to free. In a list, the first has it. Default: "20s".')),
  margin: v.exactOptional(
    pause(
      'The time that is added to `per`, for clocks that run at different rates. Default: 1 % of `per`, at most 100 ms.',
    ),
  ),
  key: v.exactOptional(
    name(
      'The name of the throttle. Syncs that use the same account share it. In a list, the first has it. Default: the host.',
    ),
  ),
});

const list = v.pipe(
  v.array(one),
  v.nonEmpty('a list that is not empty'),
  v.check(
    ([, ...others]) => others.every(({ wait, key }) => wait === undefined && key === undefined),
    '`wait` and `key` in the first window only',
  ),
  v.check((windows) => new Set(windows.map(({ per }) => per)).size === windows.length, 'windows of different lengths'),
);

/** One window, or a list of them: each is reported on like the form that it has. */
function oneOrList() {
  const union = v.union([one, list]);
  const run: v.GenericSchema['~run'] = (dataset, config) =>
    (Array.isArray(dataset.value) ? list : one)['~run'](dataset, config) as ReturnType<v.GenericSchema['~run']>;
  return Object.assign(union, { '~run': run as (typeof union)['~run'] });
}

/** How often a third party may be hit. */
export const throttleSchema = v.pipe(
  oneOrList(),
  v.description('How often the third party may be hit: one window, or a list of windows, which all count.'),
  v.transform((written) => {
    const windows = Array.isArray(written) ? written : [written];
    const [{ wait = defaultWaitMs, key } = {}] = windows;
    return {
      windows: windows.map(({ hits, per, margin = defaultMarginMs(per) }) => ({ hits, perMs: per, marginMs: margin })),
      waitMs: wait,
      ...(key !== undefined && { key }),
    };
  }),
);

const defaultWaitMs = 20_000;
