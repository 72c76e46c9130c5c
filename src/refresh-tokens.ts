/**
 * Keeps the refresh tokens that a third party has given in place of the first one, encrypted. All tokens that follow from one
 * first token are a chain, which every sync of the database shares: a server that sees a replaced token again may refuse all of
 * them. So whoever asks for a new one claims the chain first. A process that dies in between leaves its claim until that ends.
 */
export interface RefreshTokens {
  /** Claims a chain, called right before its token is used. Null: somebody else has claimed it. */
  claim(chain: string, by: string, forMs: number): Promise<ClaimedToken | null>;

  /**
   * Stores the token that the answer has brought and ends the claim. Called before anything else of the answer is used. False: the
   * claim had ended, somebody else has claimed the chain, and nothing was stored.
   */
  replace(chain: string, by: string, token: string): Promise<boolean>;

  /** Ends the claim: the token of the chain stays. `lostAt`: an answer that may have replaced it was asked for then, and is lost. */
  release(chain: string, by: string, lostAt: Date | null): Promise<void>;
}

export interface ClaimedToken {
  /** The encrypted token; null: none has replaced the first one. */
  readonly token: string | null;
  /** When somebody asked for the token's successor and the answer was lost; null: no answer was. */
  readonly lostAt: Date | null;
}

/** What is known of a chain. */
export interface StoredRefreshToken {
  /** The encrypted token; null: none has replaced the first one. */
  readonly token: string | null;
  /** When it was stored; null: never. */
  readonly storedAt: Date | null;
}
