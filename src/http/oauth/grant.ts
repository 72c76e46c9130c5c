import type { Tls } from '../../tls.ts';

/** OAuth 2.0 (RFC 6749): a token is requested with what the grant has, and sent as a bearer token. */
export type OAuth2 = ClientCredentials | RefreshGrant | JwtBearer;

interface Client {
  readonly type: 'oauth2';
  readonly tokenUrl: string;
  readonly scope?: string | undefined;
  /** Further parameters for the token endpoint, such as `audience`. */
  readonly params?: Readonly<Record<string, string>> | undefined;
  /** Where the client's own credentials are sent (section 2.3.1). */
  readonly send?: 'basic' | 'body' | undefined;
  /** Of the connection to the token endpoint, if that is on another origin than the API. */
  readonly tls?: Tls | undefined;
}

/** RFC 6749 section 4.4. */
export interface ClientCredentials extends Client {
  readonly grant: 'client_credentials';
  readonly clientId: string;
  readonly clientSecret: string;
}

/** RFC 6749 section 6. Each answer may replace the refresh token. */
export interface RefreshGrant extends Client {
  readonly grant: 'refresh_token';
  readonly clientId: string;
  /** A public client has none. */
  readonly clientSecret?: string | undefined;
  /** The first one, which a person has got. */
  readonly refreshToken: string;
  /** What its successors are encrypted with: the first key encrypts, any of them decrypts. */
  readonly tokenKeys: readonly string[];
}

/** RFC 7523 section 2.1. */
export interface JwtBearer extends Client {
  readonly grant: 'jwt-bearer';
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  readonly assertion: Assertion;
}

/** Who asks, signed with a private key. */
export interface Assertion {
  readonly issuer: string;
  readonly subject?: string | undefined;
  /** By default the token endpoint. */
  readonly audience?: string | undefined;
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** PEM. */
  readonly privateKey: string;
  readonly algorithm: Algorithm;
  /** Names the key to the server. */
  readonly keyId?: string | undefined;
}

export type Algorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA';
