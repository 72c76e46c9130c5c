import fc from 'fast-check';
import { crashPointsOf, type TargetType } from './crash-points.ts';

/** What happens to one record of the third party. */
export interface Change {
  readonly is: 'put' | 'gone';
  readonly key: number;
}

/** What happens to a run that has stopped at a point of its work, before it goes on, if it does. */
export type Harm = 'none' | 'die' | 'sleep' | 'sleep with the lock' | RedisHarm | 'cut';

/** `lag` goes before `failover`: what is written between the two is lost. */
export type RedisHarm = 'restart' | 'flush' | 'lag' | 'failover';

export type Step =
  | Run
  | { readonly is: 'redis'; readonly harm: RedisHarm }
  | { readonly is: 'cut' }
  | { readonly is: 'listen' | 'silence' };

/** A run that meets what has changed before it, and stops at a crash point, if it gets there; more changes meanwhile. */
export interface Run {
  readonly is: 'run';
  readonly before: readonly Change[];
  readonly at: string;
  readonly harm: Harm;
  readonly meanwhile: readonly Change[];
}

/** A crash point that a run was to stop at, for what. */
export interface Visit {
  readonly point: string;
  readonly harm: Run['harm'];
  readonly isReached: boolean;
}

export function visitOf({ at, harm }: Run, isReached: boolean): Visit {
  const [point = at] = at.split(':');
  return { point, harm, isReached };
}

/** How many records the third party may have, with keys from 1. */
export const recordCount = 20;

const change: fc.Arbitrary<Change> = fc.record({
  is: fc.constantFrom('put', 'put', 'put', 'gone'),
  key: fc.integer({ min: 1, max: recordCount }),
});

/** Any schedule on a target of this type: the crash points are those that the code has. */
export function schedules(target: TargetType): fc.Arbitrary<readonly Step[]> {
  const points = crashPointsOf(target).toSorted();
  const visit = fc.constantFrom(1, 1, 1, 2, 2, 3);
  const at = fc.tuple(fc.constantFrom(...points), visit).map((parts) => parts.join(':'));
  const cut: readonly 'cut'[] = target === 'postgres' ? ['cut', 'cut'] : [];
  const redisHarm = fc.constantFrom<RedisHarm>('restart', 'flush', 'lag', 'failover');
  const harm = fc.constantFrom<Harm>(
    ...(['none', 'die', 'die', 'die', 'sleep', 'sleep', 'sleep with the lock'] as const),
    ...(['restart', 'flush', 'lag', 'failover'] as const),
    ...cut,
  );
  const run: fc.Arbitrary<Run> = fc.record({
    is: fc.constant('run'),
    before: fc.array(change, size(0, 8)),
    at,
    harm,
    meanwhile: fc.array(change, size(0, 3)),
  });
  const step = fc.oneof(
    { weight: 8, arbitrary: run },
    { weight: 2, arbitrary: fc.record({ is: fc.constant('redis' as const), harm: redisHarm }) },
    { weight: 2, arbitrary: fc.record({ is: fc.constantFrom('listen' as const, 'silence' as const) }) },
    ...cut.slice(1).map((is) => ({ weight: 1, arbitrary: fc.record({ is: fc.constant(is) }) })),
  );
  return fc.array(step, size(1, 16));
}

/** Lengths over the whole range, whatever number of runs the library has in mind. */
function size(minLength: number, maxLength: number) {
  return { minLength, maxLength, size: 'max' as const };
}
