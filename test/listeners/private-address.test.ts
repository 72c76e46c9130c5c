import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import { isPrivateAddress } from '../../src/listeners/private-address.ts';

test.each([
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254'],
  ...['172.16.0.1', '172.31.255.255', '192.168.1.1', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::7f00:1', '::ffff:127.0.0.1', '::ffff:a00:1', '64:ff9b::7f00:1', '64:ff9b::c0a8:101'],
  ...['fe80::1', 'fe80::1%eth0', 'fc00::1', 'fdff::1', 'fec0::1', 'ff02::1', '2002:7f00:1::', '2001:db8::1'],
])('%s is private', (address) => {
  expect(isPrivateAddress(address)).toBe(true);
});

test.each([
  ...[
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.1',
    '100.128.0.1',
    '172.15.0.1',
    '172.32.0.1',
    '192.169.0.1',
    '223.255.255.255',
  ],
  ...['2606:4700:4700::1111', '2a00:1450::1', '::ffff:1.1.1.1', '64:ff9b::101:101', '2003::1'],
])('%s is public', (address) => {
  expect(isPrivateAddress(address)).toBe(false);
});

test.each(['hooks.example', '', 'localhost', '127.0.0.1.example'])(
  '"%s" is not an address, and is checked when it is resolved',
  (name) => {
    expect(isPrivateAddress(name)).toBe(false);
  },
);

test.each([
  '168.63.129.16',
  '::ffff:168.63.129.16',
  '::ffff:0:7f00:1',
  '192.88.99.1',
  '3fff::1',
  '3fff:fff::1',
  '5f00::1',
])('%s is private: a cloud, a translator or a document uses it', (address) => {
  expect(isPrivateAddress(address)).toBe(true);
});

describe('beside ipaddr.js, which has the list from elsewhere,', () => {
  const bits = { ipv4: 32, ipv6: 128 } as const;

  /** Where a special range begins and ends, and the neighbours of both. */
  function edgesOf([address, prefix]: readonly [ipaddr.IPv4 | ipaddr.IPv6, number]): string[] {
    const length = bits[address.kind()];
    const first = numberOf(address);
    const last = first + 2n ** BigInt(length - prefix) - 1n;
    const near = [first - 1n, first, first + 1n, last - 1n, last, last + 1n];
    return near.filter((one) => one >= 0n && one < 2n ** BigInt(length)).map((one) => addressOf(one, address.kind()));
  }

  const ranges = [
    ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
    ...['192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24'],
    ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4', '255.255.255.255/32'],
    ...['::/96', '::ffff:0:0/96', '::ffff:0:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23'],
    ...['2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20', '5f00::/16', 'fc00::/7', 'fe80::/10'],
    ...['fec0::/10', 'ff00::/8'],
  ].map((cidr) => ipaddr.parseCIDR(cidr));

  test('every edge of every special range is judged alike', () => {
    const edges = [...new Set(ranges.flatMap(edgesOf))];
    expect(edges.length).toBeGreaterThan(150);
    expect(edges.filter((address) => isPrivateAddress(address) !== isSpecial(address))).toEqual([]);
  });

  test('every address is judged alike, also those that carry another', () => {
    const number = (length: number) => fc.bigInt({ min: 0n, max: 2n ** BigInt(length) - 1n });
    const ipv4 = number(32).map((one) => addressOf(one, 'ipv4'));
    const near = fc.tuple(fc.constantFrom(...ranges), number(32)).map(([[base], offset]) => {
      const length = bits[base.kind()];
      return addressOf((numberOf(base) + (offset << BigInt(length - 32))) % 2n ** BigInt(length), base.kind());
    });
    const ipv6 = number(128).map((one) => addressOf(one, 'ipv6'));
    const carrying = fc
      .tuple(fc.constantFrom('::ffff:', '64:ff9b::', '::ffff:0:'), ipv4)
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6, near, carrying), (address) => isPrivateAddress(address) === isSpecial(address)),
      { numRuns: 3000 },
    );
  });

  /** What the oracle knows, and what only we refuse: the wire server of Azure, and IPv4-compatible addresses (RFC 4291). */
  function isSpecial(text: string): boolean {
    const address = ipaddr.process(text);
    const range = address.range();
    if (range === 'rfc6052' && numberOf(address) >> 32n === numberOf(ipaddr.parse('64:ff9b::')) >> 32n)
      return isSpecial(addressOf(numberOf(address) & 0xffff_ffffn, 'ipv4'));
    const isCompatible = address.kind() === 'ipv6' && numberOf(address) >> 32n === 0n;
    return range !== 'unicast' || address.toString() === '168.63.129.16' || isCompatible;
  }

  function numberOf(address: ipaddr.IPv4 | ipaddr.IPv6): bigint {
    return address.toByteArray().reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  }

  function addressOf(number: bigint, kind: 'ipv4' | 'ipv6'): string {
    const bytes = Array.from({ length: bits[kind] / 8 }, (_, at) => {
      return Number((number >> BigInt(bits[kind] - 8 * (at + 1))) & 255n);
    });
    return ipaddr.fromByteArray(bytes).toString();
  }
});
