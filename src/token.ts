/** Keeps one access token for each throttle key, for every sync and host that shares it: a new one may cost a slot. */
export interface TokenStore {
  /** Null: there is none, or it is about to expire. */
  read(key: string): Promise<string | null>;
  /** Keeps it for this long, in place of any other. */
  keep(key: string, token: string, forMs: number): Promise<void>;
  /** Forgets it, unless another has taken its place. */
  drop(key: string, token: string): Promise<void>;
}
