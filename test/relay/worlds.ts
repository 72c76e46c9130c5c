import { silentLog } from '../../src/log.ts';
import { createEventStream } from '../../src/redis/stream.ts';
import { relay } from '../../src/relay/relay.ts';
import type { RelayOptions } from '../../src/relay/start.ts';
import type { EventStream } from '../../src/stream.ts';
import type { Target } from '../../src/target.ts';
import { open } from '../helpers/open-redis.ts';
import { aRedis, type RedisServer } from '../helpers/redis.ts';
import { aSystem, type System } from '../run/a-system.ts';

export const key = '{sync:crm}:events';
export const never = new AbortController().signal;
export const options: RelayOptions = { name: 'crm', maxStream: 100_000, groups: [] };

/** A system that commits, and a stream on a real Redis. */
export interface World {
  readonly system: System;
  readonly stream: EventStream;
  readonly deps: Parameters<typeof relay>[1] & { readonly target: Target };
  /** Commits so many creations, in one transaction. */
  commit(count: number): Promise<void>;
  relay(changes?: Partial<RelayOptions>): ReturnType<typeof relay>;
  generation(): Promise<number>;
  /** Sequence numbers of the entries on the stream. */
  onStream(): Promise<readonly number[]>;
}

/** Worlds on one Redis, which is empty for each test. */
export interface Worlds {
  readonly client: RedisServer['client'];
  world(): Promise<World>;
  stream(): Promise<EventStream>;
  /** Whether Redis takes writes from now on. */
  takesWrites(yes: boolean): Promise<unknown>;
  /** Closes what a test has opened, and empties Redis. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

export async function relayWorlds(): Promise<Worlds> {
  const server = await aRedis();
  const { client } = server;
  const closing: (() => unknown)[] = [];
  const takesWrites = (yes: boolean) => client.config('SET', 'maxmemory', yes ? '0' : '1');
  const aStream = async () => {
    const redis = await open(server.url, { redisScriptBudgetMs: 200 });
    closing.push(() => redis.close());
    return createEventStream({ redis, key });
  };
  return {
    client,
    stream: aStream,
    takesWrites,
    async world() {
      const system = await aSystem();
      closing.push(() => system[Symbol.asyncDispose]());
      return worldOf(system, await aStream(), client);
    },
    async clear() {
      await takesWrites(true);
      for (const close of closing.splice(0).reverse()) await close();
      await client.flushall();
    },
    stop: () => server.stop(),
  };
}

function worldOf(system: System, stream: EventStream, client: RedisServer['client']): World {
  const deps = { stream, target: system.target, log: silentLog };
  let next = 1;
  return {
    system,
    stream,
    deps,
    async commit(count) {
      const from = next;
      next += count;
      await system.fillFrom(from, count);
    },
    relay: (changes = {}) => relay({ ...options, ...changes }, deps, never),
    generation: async () => (await system.target.fence())?.generation ?? 0,
    onStream: async () => (await client.xrange(key, '-', '+')).map(([id]) => Number(id.split('-')[1])),
  };
}

export const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
