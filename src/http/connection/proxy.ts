import { BlockList, isIP } from 'node:net';
import { ConfigError } from '../../errors.ts';

/** A proxy, and where its address was written. */
export interface HttpProxy {
  readonly url: URL;
  /** `adapters.acme.proxy`, `HTTPS_PROXY` */
  readonly setting: string;
}

/** What `proxy` of the config says: a URL, or that no proxy is used whatever the environment says. */
export type ProxySetting = string | 'none' | undefined;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Chooses the proxy for a URL; null means a direct connection. What the config says counts for every URL. Otherwise
 * `HTTPS_PROXY` or `HTTP_PROXY` counts, by the protocol of the URL, except for this machine and for the hosts of `NO_PROXY`.
 * Names in small letters win, as in curl. Throws `ConfigError` for a value that is not the URL of a proxy.
 */
export function proxyFor(url: URL, setting: ProxySetting, path: string, env: Environment): HttpProxy | null {
  if (setting === 'none') return null;
  if (setting !== undefined) return { url: proxyUrl(setting, path), setting: path };
  const found = firstSet(env, url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (!found || isThisMachine(hostOf(url)) || isExcepted(url, firstSet(env, 'NO_PROXY')?.value ?? '')) return null;
  return { url: proxyUrl(found.value, found.name), setting: found.name };
}

/** `proxy.example:3128`, without credentials. */
export function addressOf({ url }: HttpProxy): string {
  return `${url.hostname}:${portOf(url)}`;
}

/** The port of a URL, also where it is the usual one. */
export function portOf({ port, protocol }: URL): number {
  return Number(port || (protocol === 'https:' ? 443 : 80));
}

/** The host of a URL as sockets take it: an IPv6 address without brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function firstSet(env: Environment, name: string): { readonly name: string; readonly value: string } | undefined {
  for (const each of [name.toLowerCase(), name]) {
    const value = env[each];
    if (value) return { name: each, value };
  }
  return undefined;
}

/** As in curl, an address without a protocol is one of HTTP. The message does not show the URL, which may hold a password. */
function proxyUrl(text: string, setting: string): URL {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new ConfigError(`${setting} is not the URL of an HTTP proxy; nothing was sent`, {
    hint: 'It looks like http://user:password@host:3128, or https:// for a proxy that speaks TLS. Other proxies, such as SOCKS, are not supported.',
  });
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Whether `NO_PROXY` names the host: `*`, a domain with all that is below it, an address, or a network such as `10.0.0.0/8`. */
function isExcepted(url: URL, list: string): boolean {
  const host = hostOf(url);
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = entry, port] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry) ?? [];
      if (port !== undefined && Number(port) !== portOf(url)) return false;
      return isWithin(host, name.replace(/^\[|\]$/g, ''));
    });
}

function isWithin(host: string, entry: string): boolean {
  if (isIP(host) === 0) {
    const domain = entry.replace(/^\*?\./, '').replace(/\.$/, '');
    return host === domain || host.endsWith(`.${domain}`);
  }
  const [network = '', prefix] = entry.split('/');
  if (isIP(network) !== isIP(host)) return false;
  const type = isIP(host) === 6 ? 'ipv6' : 'ipv4';
  const most = type === 'ipv6' ? 128 : 32;
  const length = Number(prefix ?? most);
  if (!Number.isInteger(length) || length < 0 || length > most) return false;
  const list = new BlockList();
  list.addSubnet(network, length, type);
  return list.check(host, type);
}
