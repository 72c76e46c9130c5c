import type { ClientConfig } from 'pg';
import { ConfigError } from '../../../errors.ts';

/** Certificates, as PEM texts. Without `verify`, whoever answers is believed. */
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
}

/**
 * Reads a connection URL (PostgreSQL documentation, 32.1.1.2): host, port, user, password, database, and of its parameters
 * `host`, `port` and `sslmode`. Nothing of the rest is sent at the start: a pooler refuses what it does not know.
 */
export function parseAddress(url: string, tls?: Tls): Address {
  // Without a host, as libpq takes it beside `?host=`, it is no URL to others.
  const parsed = URL.parse(url) ?? URL.parse(url.replace('@/', '@localhost/'));
  if (parsed === null) throw invalid('it is no URL');
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
  throw invalid(text.includes(',') ? 'it names several ports' : `"${text}" is no port`);
}

/** `sslmode` means what libpq makes of it, but `allow` and `prefer`, which a man in the middle can turn off: they ask for none. */
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
