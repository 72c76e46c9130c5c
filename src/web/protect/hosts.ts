import { isIP } from 'node:net';

/** Where the page can be reached. */
export interface Reachable {
  /** It listens on this host only. */
  readonly isLoopback: boolean;
  /** Names under which browsers reach it, beside addresses and `localhost`. */
  readonly names: readonly string[];
}

/**
 * Whether a request may be for this page, by its `Host`. A name of somebody else that leads to this address (DNS rebinding)
 * would let their page read ours. An address in figures cannot be such a name.
 */
export function isOurHost(host: string | undefined, { isLoopback, names }: Reachable): boolean {
  const name = hostnameOf(host);
  if (name === undefined) return false;
  if (name === 'localhost' || names.some((one) => one.toLowerCase() === name)) return true;
  return isLoopback ? isLoopbackAddress(name) : isIP(name) !== 0;
}

/** Whether an address or name is of this host only. */
export function isLoopbackAddress(address: string): boolean {
  return address === 'localhost' || address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}

/** `[::1]:9091` is `::1`; undefined for what is not a host. */
function hostnameOf(host: string | undefined): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host ?? '') ?? [];
  return (bracketed ?? plain)?.toLowerCase();
}
