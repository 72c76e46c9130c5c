import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { UnreachableError } from '../errors.ts';

/** Special-purpose IPv4 addresses that no public receiver has (IANA's registry, RFC 6890). */
const privateIPv4: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** The same for IPv6: with the unspecified one, loopback and IPv4-compatible ones, 6to4, Teredo, unique local, link-local, site-local, multicast. */
const privateIPv6: readonly (readonly [network: string, prefix: number])[] = [
  ['::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

const refused = refusedAddresses();

/** IPv4-mapped addresses (`::ffff:127.0.0.1`) the list knows by itself; those behind NAT64 (RFC 6052) it has to be told. */
function refusedAddresses(): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of privateIPv4) {
    list.addSubnet(network, prefix, 'ipv4');
    list.addSubnet(`64:ff9b::${network}`, 96 + prefix, 'ipv6');
  }
  for (const [network, prefix] of privateIPv6) list.addSubnet(network, prefix, 'ipv6');
  return list;
}

/** Whether an IP address is loopback, private, link-local, or otherwise not of the public internet. A name is not. */
export function isPrivateAddress(address: string): boolean {
  const [bare = ''] = address.split('%');
  const family = isIP(bare);
  return family !== 0 && refused.check(bare, family === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Resolves a name for a connection and leaves out every private address: since the connection goes to one of the addresses
 * given here, a name that is bound anew between a check and the connect (DNS rebinding) gains nothing.
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
    hint: 'If that is where the receiver lives, set "allowPrivate": true on the listener.',
  });
}
