/** Keeps one access token for each throttle key. Every sync and host that has this key shares it, since a new token may cost a slot. */
export interface TokenStore {
  /** Null if there is no token, or if it is about to expire. */
  read(key: string): Promise<string | null>;
  /** Keeps the token for this time and replaces any other. */
  keep(key: string, token: string, forMs: number): Promise<void>;
  /** Removes this token, unless another has already replaced it. */
  drop(key: string, token: string): Promise<void>;
}
