import { expect, test } from 'vitest';
import { ConfigError } from '../../../src/errors.ts';
import { addressOf, proxyFor } from '../../../src/http/connection/proxy.ts';

const path = 'adapters.acme.proxy';
const chosen = (url: string, env: Record<string, string>, setting?: string) => {
  const proxy = proxyFor(new URL(url), setting, path, env);
  return proxy && `${proxy.setting} ${addressOf(proxy)}`;
};

test.each<[string, Record<string, string>, string | null]>([
  ['https://api.acme.example', {}, null],
  ['https://api.acme.example', { HTTPS_PROXY: 'http://proxy.example:3128' }, 'HTTPS_PROXY proxy.example:3128'],
  ['http://api.acme.example', { HTTPS_PROXY: 'http://proxy.example:3128' }, null],
  ['http://api.acme.example', { HTTP_PROXY: 'http://proxy.example' }, 'HTTP_PROXY proxy.example:80'],
  ['https://api.acme.example', { HTTP_PROXY: 'http://proxy.example' }, null],
  ['https://api.acme.example', { HTTPS_PROXY: 'https://proxy.example' }, 'HTTPS_PROXY proxy.example:443'],
  ['https://api.acme.example', { HTTPS_PROXY: 'proxy.example:8080' }, 'HTTPS_PROXY proxy.example:8080'],
  ['https://api.acme.example', { HTTPS_PROXY: 'http://user:word@proxy.example' }, 'HTTPS_PROXY proxy.example:80'],
  ['https://api.acme.example', { HTTPS_PROXY: 'http://a', https_proxy: 'http://b' }, 'https_proxy b:80'],
  ['https://api.acme.example', { HTTPS_PROXY: 'http://a', https_proxy: '' }, 'HTTPS_PROXY a:80'],
  ['https://localhost:4000', { HTTPS_PROXY: 'http://a' }, null],
  ['https://127.8.8.8', { HTTPS_PROXY: 'http://a' }, null],
  ['https://[::1]', { HTTPS_PROXY: 'http://a' }, null],
])('%s with %j goes by %j', (url, env, expected) => {
  expect(chosen(url, env)).toBe(expected);
});

test.each<[string, string, boolean]>([
  ['https://api.acme.example', '*', true],
  ['https://api.acme.example', 'acme.example', true],
  ['https://api.acme.example', '.acme.example', true],
  ['https://api.acme.example', '*.acme.example', true],
  ['https://api.acme.example', 'API.ACME.EXAMPLE', true],
  ['https://api.acme.example', 'other.example, api.acme.example', true],
  ['https://api.acme.example', 'other.example api.acme.example', true],
  ['https://notacme.example', 'acme.example', false],
  ['https://api.acme.example', 'api.acme.example:443', true],
  ['https://api.acme.example', 'api.acme.example:8443', false],
  ['https://10.1.2.3', '10.1.2.3', true],
  ['https://10.1.2.3', '10.0.0.0/8', true],
  ['https://11.1.2.3', '10.0.0.0/8', false],
  ['https://10.1.2.3', '10.0.0.0/nonsense', false],
  ['https://10.1.2.3', '10.0.0.0/99', false],
  ['https://[2001:db8::7]', '2001:db8::/32', true],
  ['https://[2001:db8::7]:8443', '[2001:db8::7]:8443', true],
  ['https://[2001:db8::7]', '10.0.0.0/8', false],
  ['https://10.1.2.3', '.2.3', false],
  ['https://api.acme.example', ',', false],
])('%s with NO_PROXY=%s is asked directly: %j', (url, except, isDirect) => {
  expect(chosen(url, { HTTPS_PROXY: 'http://a', NO_PROXY: except }) === null).toBe(isDirect);
});

test('the config wins over the environment, and "none" over all', () => {
  const env = { HTTPS_PROXY: 'http://a', NO_PROXY: '*' };
  expect(chosen('https://localhost', env, 'http://b:1')).toBe(`${path} b:1`);
  expect(chosen('https://api.acme.example', { HTTPS_PROXY: 'http://a' }, 'none')).toBe(null);
});

test.each(['socks5://proxy.example:1080', 'http://', 'http://user:secret-word@:x'])('%s is refused', (value) => {
  const choose = () => chosen('https://api.acme.example', { HTTPS_PROXY: value });
  expect(choose).toThrow(ConfigError);
  expect(choose).toThrow(/^HTTPS_PROXY is not the URL of an HTTP proxy; nothing was sent$/);
});
