import type { Config } from '../../config/schema/schema.ts';
import { groupNamesOf } from '../../listener.ts';
import type { RedisConnection } from '../../redis/connection/connection.ts';
import { whereaboutsOf } from '../../redis/connection/place.ts';
import { parseAddress } from '../../targets/postgres/connection/address.ts';
import type { Asked, DatabaseFacts, Facts, Plan, RedisFacts } from '../../verdict/facts.ts';
import { connectRedis, type Setting } from '../open/app.ts';
import { askDatabase, closeDatabase, type Database, isDiskFull, openDatabase } from './ask-database.ts';
import { askRedis } from './ask-redis.ts';
import { AskedStore } from './asked-store.ts';

/** A listener delivers late when its oldest event is older than this. */
const listenerLimitMs = 120_000;
/** What a run may take beside its time limit: to relay, and to end. */
const endOfRunMs = 60_000;

/**
 * Asks Redis and the database for all that a verdict is made of, each on its own and for a second at most, so that one that is
 * away hides nothing of the other. `status`, `check`, the page and the metrics share it. The caller closes it.
 */
export class StoreAsker implements AsyncDisposable {
  readonly #setting: Setting;
  readonly #redis: AskedStore<RedisConnection & Disposable, RedisFacts>;
  readonly #database: AskedStore<Database, DatabaseFacts>;

  constructor(setting: Setting) {
    this.#setting = hurried(setting);
    const { config } = setting;
    const own = this.#setting;
    const { lookMs } = setting.timings;
    this.#redis = new AskedStore({
      label: `Redis at ${whereaboutsOf(config.redis).address}`,
      lookMs,
      open: () => connectRedis(own),
      ask: (redis) => askRedis(own, redis),
      close: (redis) => redis.close(),
    });
    this.#database = new AskedStore({
      label: `the target ${targetLabel(setting)}`,
      lookMs,
      open: () => openDatabase(own),
      ask: (database) => askDatabase(own, database),
      close: closeDatabase,
      explain: async () => ((await isDiskFull(config)) ? 'full' : null),
    });
  }

  async ask(): Promise<Facts> {
    const { config, loaded } = this.#setting;
    const [redis, first] = await Promise.all([this.#redis.ask(), this.#database.ask()]);
    const database = mayHaveEnded(redis, first) ? await this.#database.ask() : first;
    return {
      now: new Date(),
      name: config.name,
      adapter: config.adapter,
      target: targetLabel(this.#setting),
      plan: planOf(this.#setting, loaded.credentials),
      redis,
      database,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#redis[Symbol.asyncDispose](), this.#database[Symbol.asyncDispose]()]);
  }
}

/**
 * Whether the last run has no end, and the lock is free: it was killed, or it ended while both were asked. A run stores its end
 * before it gives the lock back, so that the database knows now.
 */
function mayHaveEnded(redis: Asked<RedisFacts>, database: Asked<DatabaseFacts>): boolean {
  if (redis.is === 'unknown' || database.is === 'unknown' || redis.value.lock !== null) return false;
  return database.value.runs[0]?.endedAt === null;
}

/** Whoever looks does not wait as long as a run does. */
export function hurried(setting: Setting): Setting {
  const { lookMs, redisScriptBudgetMs, targetBusyMs } = setting.timings;
  const atMost = (ms: number) => Math.min(ms, lookMs / 2);
  const budget = { redisScriptBudgetMs: atMost(redisScriptBudgetMs), targetBusyMs: atMost(targetBusyMs) };
  // The asker gives up earlier, and counts no time in which this process could do nothing.
  const clientMs = 2 * lookMs;
  const redis = { redisConnectMs: clientMs, redisCommandMs: clientMs, redisAskMs: atMost(lookMs) };
  const target = { targetConnectMs: clientMs, targetStatementMs: clientMs, ...budget };
  return { ...setting, timings: { ...setting.timings, ...redis, ...target } };
}

/** The target for people, without credentials, whether it can be reached or not. */
function targetLabel({ config: { target } }: Setting): string {
  return target.type === 'sqlite' ? `sqlite:${target.file}` : parseAddress(target.url, target.tls).label;
}

function planOf({ config, timings }: Setting, credentials: readonly string[]): Plan {
  return {
    windows: config.adapters[config.adapter]?.throttle.windows ?? [],
    credentials,
    maxStream: config.events.maxStream,
    longestRunMs: timings.runMs + endOfRunMs,
    resources: resourcePlans(config),
    listeners: Object.entries(config.listeners).map(([listener, { shards }]) => {
      return { listener, groups: groupNamesOf(listener, shards), limitMs: listenerLimitMs };
    }),
  };
}

function resourcePlans({ resources }: Config): Plan['resources'] {
  return Object.entries(resources).map(([resource, { everyMs = 0, rejectsRatio }]) => {
    return { resource, everyMs, maxRejectRatio: rejectsRatio };
  });
}
