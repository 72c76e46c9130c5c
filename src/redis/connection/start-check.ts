import { ConfigError, UnreachableError } from '../../errors.ts';
import type { Whereabouts } from './place.ts';

const oldestMajor = 7;

/** What is known of a Redis and what is required of it. */
export interface Expected extends Whereabouts {
  readonly allowEviction: boolean;
}

/**
 * Judges the text that `INFO` answers: version 7, a master, and no eviction, which would take locks and events away.
 * Managed services forbid `CONFIG GET`; `INFO` has the same facts. A fact that is missing is not checked.
 */
export function checkServer(info: string, { address, setting, allowEviction }: Expected): void {
  const fact = (name: string) => factIn(info, name);
  const version = fact('redis_version');
  if (version !== undefined && Number.parseInt(version, 10) < oldestMajor) {
    throw new ConfigError(`Redis at ${address} is version ${version}; nothing was written`, {
      hint: `cronsync needs Redis ${oldestMajor}.0 or newer, or Valkey.`,
    });
  }
  if (fact('redis_mode') === 'sentinel') {
    throw new ConfigError(`Redis at ${address} is a sentinel, which keeps no data; nothing was written`, {
      hint: 'Replace redis.url by redis.sentinels: ["host:port", …] and redis.name, the name of the master.',
    });
  }
  const role = fact('role');
  if (role !== undefined && role !== 'master') {
    const follows = `this one follows ${fact('master_host')}:${fact('master_port')}`;
    throw new UnreachableError(`Redis at ${address} is a replica, which accepts no writes; nothing was written`, {
      hint:
        setting === 'redis.url'
          ? `Point redis.url at the master (${follows}).`
          : `A failover may be under way (${follows}): try again, or look at what the sentinels say.`,
    });
  }
  const policy = fact('maxmemory_policy');
  const isLimited = Number(fact('maxmemory') ?? 0) > 0;
  if (isLimited && policy !== undefined && policy !== 'noeviction' && !allowEviction) {
    throw new ConfigError(
      `Redis at ${address} evicts keys when it is full (maxmemory-policy ${policy}); nothing was written`,
      {
        hint: 'Locks and events would be lost: set maxmemory-policy to noeviction, or allow eviction with redis.allowEviction.',
      },
    );
  }
}

/** A fact of the text that `INFO` answers; undefined if it is not there. */
export function factIn(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
}

/** `Redis 7.4.1`, `Valkey 8.0.1`; null if the server does not say. */
export function versionIn(info: string): string | null {
  const valkey = factIn(info, 'valkey_version');
  const redis = factIn(info, 'redis_version');
  if (valkey !== undefined) return `Valkey ${valkey}`;
  return redis === undefined ? null : `Redis ${redis}`;
}
