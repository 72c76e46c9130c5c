import { afterEach } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { createEventStream } from '../../src/redis/stream.ts';
import { relay } from '../../src/relay/relay.ts';
import type { RelayOptions } from '../../src/relay/start.ts';
import type { EventStream } from '../../src/stream.ts';
import type { Target } from '../../src/target.ts';
import { open } from '../helpers/open-redis.ts';
import { redis } from '../helpers/suite-redis.ts';
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

const systems: System[] = [];

afterEach(async () => {
  await takesWrites(true);
  for (const system of systems.splice(0).reverse()) await system[Symbol.asyncDispose]();
});

/** Whether the Redis of the file takes writes from now on; in each test it does at first. */
export function takesWrites(yes: boolean): Promise<unknown> {
  return redis.client.config('SET', 'maxmemory', yes ? '0' : '1');
}

export async function aStream(): Promise<EventStream> {
  return createEventStream({ redis: await open(redis.url, { redisScriptBudgetMs: 200 }), key });
}

export async function aWorld(): Promise<World> {
  const system = await aSystem();
  systems.push(system);
  const stream = await aStream();
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
    onStream: async () => (await redis.client.xrange(key, '-', '+')).map(([id]) => Number(id.split('-')[1])),
  };
}

export const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
