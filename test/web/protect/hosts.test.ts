import { describe, expect, test } from 'vitest';
import { isLoopbackAddress, isOurHost } from '../../../src/web/protect/hosts.ts';

const loopback = { isLoopback: true, names: [] };
const everywhere = { isLoopback: false, names: ['Sync.example.com'] };

describe('a page on a loopback address', () => {
  test.each(['127.0.0.1:9091', 'localhost', 'LOCALHOST:9091', '[::1]:9091', '127.1.2.3'])('is known as %s', (host) => {
    expect(isOurHost(host, loopback)).toBe(true);
  });

  test.each([
    undefined,
    '',
    'evil.example:9091',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '10.0.0.1:9091',
    '127.0.0.1:9091/evil',
    'a b',
    '[::1',
  ])('is not known as %s', (host) => {
    expect(isOurHost(host, loopback)).toBe(false);
  });
});

describe('a page on every address', () => {
  test.each(['10.0.0.1:9091', '[2001:db8::1]', 'localhost:9091', 'sync.example.com', 'SYNC.EXAMPLE.COM:443'])(
    'is known as %s',
    (host) => {
      expect(isOurHost(host, everywhere)).toBe(true);
    },
  );

  test.each(['evil.example', 'sync.example.com.evil.example', 'sync.example.com@evil'])(
    'is not known as %s',
    (host) => {
      expect(isOurHost(host, everywhere)).toBe(false);
    },
  );
});

test.each([
  ['127.0.0.1', true],
  ['localhost', true],
  ['::1', true],
  ['', false],
  ['0.0.0.0', false],
  ['::', false],
  ['127.evil.example', false],
])('whether only this host reaches %j', (address, is) => {
  expect(isLoopbackAddress(address)).toBe(is);
});
