import { hostname } from 'node:os';
import { readEnvFiles } from '../../config/env-file.ts';
import { type LoadedConfig, loadConfig } from '../../config/load.ts';
import { redactor } from '../../config/redact.ts';
import type { Config } from '../../config/schema/schema.ts';
import { formatDuration } from '../../duration.ts';
import { ConfigError } from '../../errors.ts';
import type { Holder, Lock } from '../../lock.ts';
import { openRedis, type RedisConnection } from '../../redis/connection/connection.ts';
import { syncKeys } from '../../redis/keys.ts';
import { createLock } from '../../redis/lock.ts';
import type { EventStream } from '../../stream.ts';
import type { Target, TargetReader } from '../../target.ts';
import type { SlotKeeper } from '../../throttle.ts';
import type { Timings } from '../../timings.ts';
import type { TokenStore } from '../../token.ts';
import { packageFolder } from '../package.ts';
import type { GlobalOptions } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';
import { type Logins, loginsOf } from './logins.ts';
import { readTimings } from './read-timings.ts';

/** What every command works with: the config, the timings, and the terminal. */
export interface Setting {
  readonly loaded: LoadedConfig;
  readonly config: Config;
  readonly timings: Timings;
  readonly terminal: Terminal;
  /** The `.env` files that were read. */
  readonly envFiles: readonly string[];
  readonly logins: Logins;
  /** From now on every output masks this secret too. */
  readonly hide: (secret: string) => void;
}

/** So many secrets that came after the config are masked: a token is replaced every few minutes. */
const mostHidden = 50;

/** Reads `.env` files into the environment, where modules of the user find them too, and loads the config. From then on its secrets are masked in every output. */
export async function loadSetting(
  options: GlobalOptions & { readonly adapter?: string },
  terminal: Terminal,
): Promise<Setting> {
  const { cwd, env } = terminal.caller;
  const { config: file, envFile } = options;
  const { paths: envFiles, variables } = readEnvFiles({ cwd, env, file, envFiles: envFile });
  Object.assign(env, variables);
  const loaded = await loadConfig({
    cwd,
    env,
    readyAdapters: () => packageFolder('adapters'),
    ...(file !== undefined && { file }),
    ...(options.adapter !== undefined && { adapter: options.adapter }),
  });
  terminal.identify({ sync: loaded.config.name });
  const setting = settingFor(loaded, terminal, envFiles);
  demandRoomToRenew(loaded.config.lock.ttlMs, setting.timings);
  return setting;
}

/** The setting that a config makes. From then on its secrets are masked in every output. */
export function settingFor(loaded: LoadedConfig, terminal: Terminal, envFiles: readonly string[] = []): Setting {
  const { config, dir, secrets } = loaded;
  const later = new Set<string>();
  const hide = (secret: string): void => {
    // The one that was used last stays for longest.
    later.delete(secret);
    later.add(secret);
    const [oldest] = later;
    if (later.size > mostHidden && oldest !== undefined) later.delete(oldest);
    terminal.redact(redactor([...secrets, ...later]));
  };
  terminal.redact(redactor(secrets));
  const timings = readTimings(terminal.caller.env, config.target);
  const logins = loginsOf(config, { dir, timeoutMs: timings.loginMs, hide });
  return { loaded, config, timings, terminal, envFiles, logins, hide };
}

/** A lease is renewed at a third of its TTL and trusted until the margin: there must be time for one failed renewal. */
function demandRoomToRenew(ttlMs: number, { leaseMarginMs }: Timings): void {
  if (ttlMs >= 3 * leaseMarginMs) return;
  throw new ConfigError(
    `lock.ttl is ${formatDuration(ttlMs)}: expected at least ${formatDuration(3 * leaseMarginMs)}; nothing was touched`,
    { hint: 'A run would lose a shorter lock whenever Redis is slow for a moment.' },
  );
}

/** Connects to Redis. The caller closes it. */
export async function connectRedis(
  { config, timings, terminal, logins: { redis: login } }: Setting,
  { isDaemon = false } = {},
): Promise<RedisConnection & Disposable> {
  const { allowEviction, prefix } = config.redis;
  const connectionName = `cronsync:${config.name}`;
  const { lock: key } = syncKeys(prefix, config.name);
  const { log } = terminal;
  const place = config.redis;
  const redis = await openRedis({ place, key, allowEviction, connectionName, isDaemon, timings, login, log });
  return { ...redis, [Symbol.dispose]: () => redis.close() };
}

export function lockOf({ config, timings }: Setting, redis: RedisConnection): Lock {
  const { lock } = syncKeys(config.redis.prefix, config.name);
  return createLock({ redis, key: lock, ttlMs: config.lock.ttlMs, timings });
}

/** Loaded only after the lock is taken, like everything below: a run that finds it held must cost next to nothing. */
export async function streamOf({ config }: Setting, redis: RedisConnection): Promise<EventStream> {
  const { createEventStream } = await import('../../redis/stream.ts');
  return createEventStream({ redis, key: syncKeys(config.redis.prefix, config.name).events });
}

export async function slotsOf({ config, timings }: Setting, redis: RedisConnection): Promise<SlotKeeper> {
  const { createRedisSlots } = await import('../../redis/slots/slots.ts');
  const { namingLimits } = await import('../../redis/slots/limit-owners.ts');
  const { prefix } = config.redis;
  const keeper = createRedisSlots({ redis, prefix, timings, sync: config.name });
  return namingLimits(keeper, config.name, { redis, prefix });
}

export async function tokensOf({ config }: Setting, redis: RedisConnection): Promise<TokenStore> {
  const { createTokenStore } = await import('../../redis/tokens.ts');
  return createTokenStore({ redis, prefix: config.redis.prefix });
}

export async function openTarget({ config, timings, terminal, logins }: Setting): Promise<Target> {
  const { name, target } = config;
  const { log } = terminal;
  if (target.type === 'postgres') {
    const { openPostgresTarget } = await import('../../targets/postgres/target.ts');
    return openPostgresTarget({ ...target, login: logins.target, name, timings, log });
  }
  const { openSqliteTarget } = await import('../../targets/sqlite/target.ts');
  return openSqliteTarget({ file: target.file, name, timings, log });
}

/** Opens the target to read from; creates nothing. It waits as long as a run does, or as `timings` say. */
export async function openReader(
  { config: { name, target }, logins }: Pick<Setting, 'config' | 'logins'>,
  timings?: Timings,
): Promise<TargetReader> {
  if (target.type === 'postgres') {
    const { openPostgresReader } = await import('../../targets/postgres/reader.ts');
    return openPostgresReader({ ...target, login: logins.target, name, timings });
  }
  const { openSqliteReader } = await import('../../targets/sqlite/reader.ts');
  return openSqliteReader({ file: target.file, name, timings });
}

/** This process, as the lock and the target know it. */
export function thisHolder(): Holder {
  return {
    token: randomHex(32),
    host: hostname(),
    pid: process.pid,
    run: randomHex(12),
    startedAt: new Date().toISOString(),
  };
}

/** Unique, not secret: a run that finds the lock held need not load node:crypto. */
function randomHex(digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(Math.random() * 16).toString(16)).join('');
}
