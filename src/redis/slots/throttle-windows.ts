import type { KeptForm, Limits } from '../../throttle.ts';
import type { RedisConnection } from '../connection/connection.ts';
import { integerIn, listIn } from '../connection/reply.ts';
import type { Script } from '../connection/script.ts';
import { throttleKeys } from '../keys.ts';

/** The arguments for one window; its `hits` are 0 where others have asked for it. */
type ArgsOf = (window: Limits) => readonly number[];

/** The sets of the windows of each key: those of a request, and those that others have asked for, which count as well. */
export class ThrottleWindows {
  readonly #redis: Pick<RedisConnection, 'run'>;
  readonly #prefix: string;
  /** The lengths of windows that others have asked for, by key. */
  readonly #ofOthers = new Map<string, Set<number>>();

  constructor(redis: Pick<RedisConnection, 'run'>, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  keysOf(key: string, form: KeptForm): string[] {
    const { window } = throttleKeys(this.#prefix, key);
    return this.#all(key, form).map(({ perMs }) => window(perMs));
  }

  /** Runs a script with the sets of all windows that are remembered, and again when it names some that are not known here yet. */
  async run(
    script: Script,
    key: string,
    form: KeptForm,
    args: readonly (string | number)[],
    argsOf: ArgsOf,
  ): Promise<unknown[]> {
    const { slots, limits, notBefore, queue } = throttleKeys(this.#prefix, key);
    for (;;) {
      const keys = [slots, limits, notBefore, queue, ...this.keysOf(key, form)];
      const windows = this.#all(key, form).flatMap(argsOf);
      const [is, ...rest] = listIn(await this.#redis.run(script, keys, [...args, ...windows]));
      if (integerIn(is) !== 2) return [is, ...rest];
      const known = this.#ofOthers.get(key) ?? new Set();
      for (const perMs of rest) known.add(integerIn(perMs));
      this.#ofOthers.set(key, known);
    }
  }

  #all(key: string, { listed }: KeptForm): Limits[] {
    const own = new Set(listed.map(({ perMs }) => perMs));
    const others = [...(this.#ofOthers.get(key) ?? [])].filter((perMs) => !own.has(perMs));
    return [...listed, ...others.map((perMs) => ({ hits: 0, perMs }))];
  }
}
