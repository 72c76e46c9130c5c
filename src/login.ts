/** Who cronsync is to Redis or to the database, as a module of `redis.auth` or `target.auth` says. */
export interface Login {
  /** Default: the user of the config. */
  readonly username?: string | undefined;
  /** A password, or a token that is sent as one. */
  readonly password: string;
  /**
   * When the service ends connections that were made with it: a date, its text (ISO 8601), or milliseconds since 1970. Some
   * time before, the module is asked again. Default: 11 hours after the connect. For Redis only: a database keeps its connections.
   */
  readonly expires?: Date | string | number | undefined;
}

/** What a module gets to know of the connection that is to be made. */
export interface LoginRequest {
  readonly part: 'redis' | 'target';
  /** The user of the config, if it has one. */
  readonly username: string | undefined;
  /** Where the connection goes, if that is one address. */
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** Fires when the answer comes too late. */
  readonly signal: AbortSignal;
}

/** The default export of such a module. It is called before each connect; a throw means that nothing is connected. */
export type ProvideLogin = (request: LoginRequest) => Login | Promise<Login>;

/** A login that was checked. */
export interface CheckedLogin {
  readonly username: string | undefined;
  readonly password: string;
  /** Milliseconds since 1970; null if the module did not say. */
  readonly expiresAt: number | null;
}

/** Asks the module for a login. Throws `ConfigError` or `UnreachableError`. */
export type AskLogin = (where: Pick<LoginRequest, 'username' | 'host' | 'port'>) => Promise<CheckedLogin>;
