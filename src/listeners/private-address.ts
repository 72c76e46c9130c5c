import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { UnreachableError } from '../errors.ts';

/**
 * Special-purpose IPv4 addresses, which a public receiver never has (IANA's registry, RFC 6890), and the wire server that
 * Azure shows to each of its machines (168.63.129.16).
 */
const privateIPv4: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/**
 * The same for IPv6: unspecified, loopback, IPv4-compatible, IPv4-translated (RFC 2765), 6to4, Teredo, documentation
 * (RFC 9637), segment routing (RFC 9602), unique local, link-local, site-local, multicast.
 */
const privateIPv6: readonly (readonly [network: string, prefix: number])[] = [
  ['::', 96],
  ['::ffff:0:0:0', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

const refused = refusedAddresses();

/** `BlockList` recognises IPv4-mapped addresses (`::ffff:127.0.0.1`) by itself. Addresses behind NAT64 (RFC 6052) are added. */
function refusedAddresses(): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of privateIPv4) {
    list.addSubnet(network, prefix, 'ipv4');
    list.addSubnet(`64:ff9b::${network}`, 96 + prefix, 'ipv6');
  }
  for (const [network, prefix] of privateIPv6) list.addSubnet(network, prefix, 'ipv6');
  return list;
}

/** Whether an IP address is loopback, private, link-local, or otherwise not on the public internet. False for a name. */
export function isPrivateAddress(address: string): boolean {
  const [bare = ''] = address.split('%');
  const family = isIP(bare);
  return family !== 0 && refused.check(bare, family === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Resolves a name for a connection and leaves out every private address. The connection goes to one of the addresses that are
 * returned here, so a name that is changed between a check and the connection (DNS rebinding) has no effect.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '');
    const open = addresses.filter(({ address }) => !isPrivateAddress(address));
    const [first] = open;
    if (!first) return callback(privateError(hostname), '');
    return options.all ? callback(null, open) : callback(null, first.address, first.family);
  });
};

function privateError(hostname: string): UnreachableError {
  return new UnreachableError(`${hostname} is at a private, loopback or link-local address; nothing was sent`, {
    hint: 'If the receiver is really there, set "allowPrivate": true on the listener.',
  });
}

const resolveMs = 3000;

/** Why no connection to this host can be made from here, as a clause; null if it resolves to an address that is allowed. */
export async function whyNotReachable(host: string, allowPrivate: boolean): Promise<string | null> {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve(`${host} does not resolve in time`), resolveMs);
  const looked = new Promise<string | null>((resolve) => {
    lookup(host, { all: true }, (error, addresses) => {
      if (error) return resolve(`${host} does not resolve (${error.code ?? error.message})`);
      const isOpen = allowPrivate || addresses.some(({ address }) => !isPrivateAddress(address));
      resolve(isOpen ? null : `${privateError(host).message}. ${privateError(host).hint}`);
    });
  });
  try {
    return await Promise.race([looked, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
