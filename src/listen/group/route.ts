import { type ChangeEvent, matchesType } from '../../listener.ts';

/** Which events a group delivers; all others it acknowledges at once. */
export interface Route {
  /** Patterns of event types. */
  readonly on: readonly string[];
  /** Null: the whole listener is one group. */
  readonly shard: { readonly number: number; readonly of: number } | null;
}

/** Makes a function that says whether a group delivers an event. There are few types, so the answer for each is remembered. */
export function createRoute({ on, shard }: Route): (event: Pick<ChangeEvent, 'type' | 'subject'>) => boolean {
  const heard = new Map<string, boolean>();
  const isHeard = (type: string): boolean => {
    const known = heard.get(type);
    if (known !== undefined) return known;
    const answer = on.some((pattern) => matchesType(pattern, type));
    heard.set(type, answer);
    return answer;
  };
  return ({ type, subject }) => isHeard(type) && (shard === null || shardOf(subject, shard.of) === shard.number);
}

/** The shard of a key: always the same one, in every daemon and release (FNV-1a, 32 bits, over UTF-16 code units). */
export function shardOf(key: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % shards;
}
