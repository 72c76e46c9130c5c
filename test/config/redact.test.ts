import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withoutSecrets } from '../../src/config/effective.ts';
import { redactor } from '../../src/config/redact.ts';
import { isHarmlessName, requestSecretsIn } from '../../src/config/request-secrets.ts';
import { isSecretName, secretsIn } from '../../src/config/secrets.ts';
import { aConfig, acme, load } from './a-config.ts';

const secret = 'p@ss "w+rd"/\\é';
const redact = redactor([secret, 'p@ss', 'short']);

test.each([
  ['as it is', secret],
  ['encoded as a component', encodeURIComponent(secret)],
  ['encoded as a component, in small letters', encodeURIComponent(secret).toLowerCase()],
  ['encoded as a form', new URLSearchParams({ q: secret }).toString().slice(2)],
  ['inside JSON', JSON.stringify({ secret })],
  ['in base64', Buffer.from(secret).toString('base64')],
])('hides a secret %s', (_, text) => {
  const hidden = redact(`before ${text} after`);

  expect(hidden).toMatch(/^before .*\[redacted\].* after$/);
  expect(hidden).not.toContain('w+rd');
});

test('leaves secrets of fewer than six characters alone', () => {
  expect(redact('p@ss short')).toBe('p@ss short');
});

test('hides the start of a secret where a text was cut, and only there', () => {
  const hide = redactor(['tok_0123456789abcdef']);
  expect(hide('refused tok_0123456789ab… and more')).toBe('refused [redacted]… and more');
  expect(hide('{"text":"tok_0123456789abcdef…"}')).toBe('{"text":"[redacted]…"}');
  expect(hide('refused tok_0… and tok_0123456789ab is whole')).toBe('refused tok_0… and tok_0123456789ab is whole');
});

test('hides the start of a secret before a cut whole, also where a shorter form of it ends there', () => {
  const hide = redactor(['tok_01#23456789', 'key_45678\0']);
  expect(hide('refused tok_01%2323… and key_45678%…')).toBe('refused [redacted]… and [redacted]…');
});

test('hides the start of any secret, in any form, before a cut', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 12, unit: 'binary' }), fc.nat(), (secret, at) => {
      const form = encodeURIComponent(secret);
      const cut = 6 + (at % (form.length - 6));
      expect(redactor([secret])(`before\n${form.slice(0, cut)}…`)).toBe('before\n[redacted]…');
    }),
  );
});

test('hides any secret in any text', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 6, unit: 'binary' }), fc.string(), fc.string(), (secret, before, after) => {
      const hide = redactor([secret]);
      if ('[redacted]'.includes(secret)) return;
      expect(hide(`${before}\n${secret}\n${after}`)).toContain('[redacted]');
      expect(hide(`${before}\n${encodeURIComponent(secret)}\n${after}`)).toContain('[redacted]');
    }),
  );
});

describe('finds secrets', () => {
  test.each([
    'token',
    'password',
    'clientSecret',
    'client_assertion',
    'X-Api-Key',
    'access_token',
    'apiKey',
    'Authorization',
    'DB_PASSWORD',
    'AWS_SECRET_ACCESS_KEY',
    'api_key',
  ])('by the name %s', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  test.each(['PWD', 'key', 'name', 'tokens_per_minute', 'HOME', 'path', 'author', 'keyboard'])(
    'but not by the name %s',
    (name) => {
      expect(isSecretName(name)).toBe(false);
    },
  );

  test('in auth, headers, queries and URLs', () => {
    const config = {
      redis: { url: 'redis://:hunter%402@host' },
      target: { url: 'postgres://joe:no-host@/db?host=/run' },
      adapters: {
        a: {
          auth: { type: 'basic', username: 'joe', password: 'sesame' },
          headers: { Authorization: 'Token abcdefg' },
        },
        b: {
          auth: { type: 'query', param: 'k', value: 'in-query' },
          resources: { c: { query: { api_key: 'k-123456' }, map: { token: 'data.token' } } },
        },
      },
    };

    expect(secretsIn(config).sort()).toEqual(
      [
        'hunter%402',
        'hunter@2',
        'no-host',
        'no-host',
        btoa('joe:sesame'),
        'sesame',
        'Token abcdefg',
        'abcdefg',
        'in-query',
        'k-123456',
      ].sort(),
    );
  });

  test('in the key of a certificate, and in no other key', () => {
    const tls = { ca: 'the authority', cert: 'our certificate', key: 'our private key' };
    const config = { adapters: { a: { tls } }, redis: { tls }, resources: { c: { key: 'id' } } };
    expect(secretsIn(config)).toEqual(['our private key', 'our private key']);
    expect(withoutSecrets(config)).toEqual({
      adapters: { a: { tls: { ...tls, key: '[redacted]' } } },
      redis: { tls: { ...tls, key: '[redacted]' } },
      resources: { c: { key: 'id' } },
    });
  });

  test('in the URL of a proxy', () => {
    expect(secretsIn({ adapters: { a: { proxy: 'http://us:sesame@proxy.example:3128' } } })).toContain('sesame');
  });

  test('in the client of OAuth, also as the scheme Basic sends it', () => {
    const auth = { type: 'oauth2', clientId: 'us:eu', clientSecret: 'open sesame' };
    expect(secretsIn({ adapters: { a: { auth } } })).toContain(btoa('us%3Aeu:open%20sesame'));
  });

  test('in every header and parameter whose name is not harmless, and in the paths of webhooks', () => {
    const config = {
      adapters: {
        a: {
          type: 'rest',
          baseUrl: 'https://api.example/v1?code=in-base-url',
          headers: {
            'Ocp-Apim-Subscription-Key': 'in-headers',
            Accept: 'application/json',
            'X-Api-Version': '2022-11',
          },
          resources: {
            c: {
              path: '/people?pin=in-the-path&page=first-page',
              query: { key: 'in-query', per_page: 100, sort: 'created', number: 12345678 },
              bookmark: { query: { sig: 'in-bookmark' } },
            },
          },
        },
        b: { type: 'file', resources: { c: { url: 'https://files.example/export.csv?X-Amz-Signature=in-url' } } },
      },
      listeners: {
        slack: { type: 'webhook', url: 'https://hooks.example/services/T0AB12CD/zyxwvutsrqponmlkjihg?thread=in-hook' },
        crm: { type: 'webhook', url: 'https://crm.example/hooks/customers', headers: { 'X-Hook': 'in-hook-headers' } },
      },
    };
    expect([...requestSecretsIn(config)].sort()).toEqual(
      [
        ...['in-base-url', 'in-headers', 'in-the-path', 'in-query', 'in-bookmark', 'in-url'],
        ...['T0AB12CD', 'zyxwvutsrqponmlkjihg', 'in-hook', 'in-hook-headers'],
      ].sort(),
    );
  });

  test.each([
    'Accept',
    'per_page',
    'page[size]',
    '$filter',
    'X-GitHub-Api-Version',
    'updatedSince',
    'q',
    'include_docs',
  ])('and the name %s is harmless', (name) => {
    expect(isHarmlessName(name)).toBe(true);
  });

  test.each(['key', 'Ocp-Apim-Subscription-Key', 'code', 'sig', 'page_token', 'X-Auth', 'constructor'])(
    'and the name %s is not harmless',
    (name) => {
      expect(isHarmlessName(name)).toBe(false);
    },
  );

  test('a header that may be a secret is masked in every output, and still is a part of the shape', async () => {
    const withHeader = (value: string) => aConfig({ adapters: { acme: { ...acme, headers: { 'X-Client': value } } } });
    const [one, other] = [await load(withHeader('client-1')), await load(withHeader('client-2'))];
    expect(one.secrets).toEqual(['client-1']);
    expect(one.shapeOf('customers')).not.toBe(other.shapeOf('customers'));
  });

  test('and none where there are none', async () => {
    expect((await load(aConfig({ adapters: { acme } }))).secrets).toEqual([]);
  });
});
