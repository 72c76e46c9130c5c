import { ConfigError } from '../errors.ts';

/** The keys of one sync, all in one Cluster slot: they share the hash tag. */
export interface SyncKeys {
  readonly lock: string;
  readonly events: string;
  /** Which daemon reads an ordered group. */
  lease(group: string): string;
  attempts(group: string): string;
  /** The daemons that run a listener. */
  members(listener: string): string;
  /** How much each of them delivered in its last full minute. */
  done(listener: string): string;
}

/** The keys of one throttle, shared by every sync, host and dry run that hits the same account. */
export interface ThrottleKeys {
  readonly slots: string;
  readonly limits: string;
  readonly notBefore: string;
  readonly token: string;
  /** Who waits for a slot, in the order in which they were denied. */
  readonly queue: string;
  /** The slots of a window of this length, where several are listed. */
  window(perMs: number): string;
}

const form = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** Whether a text may name a sync, a group or a throttle key: nothing else ever becomes part of a Redis key. */
export function isKeyName(text: string): boolean {
  return form.test(text);
}

export function syncKeys(prefix: string, name: string): SyncKeys {
  const tag = `{${checked(prefix)}:${checked(name)}}`;
  return {
    lock: `${tag}:lock`,
    events: `${tag}:events`,
    lease: (group) => `${tag}:lease:${checked(group)}`,
    attempts: (group) => `${tag}:attempts:${checked(group)}`,
    members: (listener) => `${tag}:members:${checked(listener)}`,
    done: (listener) => `${tag}:done:${checked(listener)}`,
  };
}

export function throttleKeys(prefix: string, key: string): ThrottleKeys {
  const tag = `{${checked(prefix)}-throttle:${checked(key)}}`;
  return {
    slots: `${tag}:slots`,
    limits: `${tag}:limits`,
    notBefore: `${tag}:notBefore`,
    token: `${tag}:token`,
    queue: `${tag}:queue`,
    window: (perMs) => `${tag}:slots:${perMs}`,
  };
}

function checked(name: string): string {
  if (isKeyName(name)) return name;
  throw new ConfigError(`${JSON.stringify(name)} cannot be part of a Redis key; nothing was written`, {
    hint: 'Names are lower-case letters, digits, ".", "_" and "-", at most 63, and start with a letter or a digit.',
  });
}
