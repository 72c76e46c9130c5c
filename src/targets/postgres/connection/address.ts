import type { ClientConfig } from 'pg';
import { ConfigError } from '../../../errors.ts';
import type { AskLogin } from '../../../login.ts';

/** Certificates, as PEM texts. With `verify: false` any server is trusted. */
export interface Tls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly verify?: boolean | undefined;
}

export interface Address {
  /** `postgres:host:5432/database`: for people, without credentials. */
  readonly label: string;
  readonly client: ClientConfig;
  /** Asked before each connect, if `target.auth` of the config names a module. */
  readonly login?: AskLogin | undefined;
}

/** What the config says of the server. */
export interface AddressOptions {
  readonly url: string;
  readonly tls?: Tls | undefined;
  readonly login?: AskLogin | undefined;
}

export function addressOf({ url, tls, login }: AddressOptions): Address {
  return { ...parseAddress(url, tls), login };
}

/**
 * Reads a connection URL (PostgreSQL documentation, 32.1.1.2): host, port, user, password, database, and of its parameters
 * `host`, `port` and `sslmode`. Other parameters are not sent at the start: a pooler refuses those that it does not know.
 */
export function parseAddress(url: string, tls?: Tls): Address {
  // libpq accepts a URL without a host beside `?host=`; the standard parser does not.
  const parsed = URL.parse(url) ?? URL.parse(url.replace('@/', '@localhost/'));
  if (parsed === null) throw invalid('it is not a URL');
  const { searchParams } = parsed;
  const host = searchParams.get('host') ?? (decoded(parsed.hostname).replace(/^\[(.*)\]$/, '$1') || 'localhost');
  if (host.includes(',')) throw invalid('it names several hosts');
  const port = portOf(searchParams.get('port') ?? (parsed.port || '5432'));
  const user = decoded(parsed.username);
  const database = decoded(parsed.pathname.slice(1)) || user;
  const ssl = sslOf(searchParams.get('sslmode'), tls, host);
  return {
    label: `postgres:${host}:${port}/${database}`,
    client: {
      host,
      port,
      ...(user && { user }),
      password: decoded(parsed.password),
      ...(database && { database }),
      ssl,
    },
  };
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port > 0 && port < 65_536) return port;
  throw invalid(text.includes(',') ? 'it names several ports' : `"${text}" is not a port`);
}

/** `sslmode` means what it means to libpq, except `allow` and `prefer`, which a man in the middle can turn off: they mean no TLS. */
function sslOf(mode: string | null, tls: Tls | undefined, host: string): Exclude<ClientConfig['ssl'], undefined> {
  if (mode === 'disable' || host.startsWith('/')) return false;
  const isAsked = mode === 'require' || mode === 'verify-ca' || mode === 'verify-full';
  if (!tls && !isAsked) return false;
  const { ca, cert, key, verify = mode !== 'require' || ca !== undefined } = tls ?? {};
  return {
    rejectUnauthorized: verify,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(mode === 'verify-ca' && { checkServerIdentity: () => undefined }),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function invalid(why: string): ConfigError {
  return new ConfigError(`target.url cannot be used: ${why}; nothing was written`, {
    hint: 'It looks like postgres://user:password@host:5432/database.',
  });
}
