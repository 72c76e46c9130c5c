import { expect, test } from 'vitest';
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
