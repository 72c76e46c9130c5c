import { expect, test } from 'vitest';
import { isFromOurPage } from '../../../src/web/protect/origins.ts';

const host = '127.0.0.1:9091';

test.each([
  { host, origin: undefined, fetchSite: 'same-origin' },
  { host, origin: 'http://127.0.0.1:9091', fetchSite: 'same-origin' },
  { host, origin: 'http://127.0.0.1:9091', fetchSite: undefined },
  { host: 'sync.example.com', origin: 'https://sync.example.com', fetchSite: undefined },
  { host: 'sync.example.com:443', origin: 'https://sync.example.com', fetchSite: 'same-origin' },
])('our own page sends $origin and $fetchSite', (request) => {
  expect(isFromOurPage(request)).toBe(true);
});

test.each([
  { host, origin: undefined, fetchSite: undefined },
  { host, origin: 'null', fetchSite: undefined },
  { host, origin: 'null', fetchSite: 'same-origin' },
  { host, origin: 'http://evil.example', fetchSite: undefined },
  { host, origin: 'http://evil.example', fetchSite: 'same-origin' },
  { host, origin: 'http://127.0.0.1:9091', fetchSite: 'cross-site' },
  { host, origin: 'http://127.0.0.1:9092', fetchSite: 'same-site' },
  { host, origin: undefined, fetchSite: 'none' },
  { host, origin: 'http://127.0.0.1:9091.evil.example', fetchSite: undefined },
  { host: undefined, origin: 'http://evil.example', fetchSite: undefined },
])('another page sends $origin and $fetchSite', (request) => {
  expect(isFromOurPage(request)).toBe(false);
});
