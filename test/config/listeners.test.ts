import { describe, expect, test } from 'vitest';
import { aConfig, load, problemsOf } from './a-config.ts';

const base = { on: ['customers.*'], from: 'now' };

async function parsed(listener: object) {
  const { config } = await load(aConfig({ listeners: { notify: { ...base, ...listener } } }));
  return config.listeners.notify;
}

function problems(listener: object) {
  return problemsOf(aConfig({ listeners: { notify: { ...base, ...listener } } }));
}

const hook = { type: 'webhook', url: 'https://hooks.example/sync' };

describe('the secret of a webhook', () => {
  const [old, fresh] = [
    `whsec_${Buffer.alloc(24, 'old').toString('base64')}`,
    Buffer.alloc(32, 'new').toString('base64'),
  ];

  test('may be one, several while they are rotated, or none', async () => {
    expect(await parsed({ ...hook, secret: old })).toMatchObject({ secrets: [old] });
    expect(await parsed({ ...hook, secret: [old, fresh] })).toMatchObject({ secrets: [old, fresh] });
    expect(await parsed(hook)).toMatchObject({ secrets: [] });
  });

  test('is kept out of every output, each of them', async () => {
    const { secrets } = await load(aConfig({ listeners: { notify: { ...base, ...hook, secret: [old, fresh] } } }));
    expect(secrets).toEqual(expect.arrayContaining([old, fresh]));
  });

  test.each([['plain text!'], ['abcde'], ['whsec_1'], [''], ['whsec_'], [[]], [['whsec_!!']], [7]])(
    'must be base64: %j',
    async (secret) => {
      const found = await problems({ ...hook, secret });
      expect(found).toHaveLength(1);
      expect(found).toMatchObject([{ path: expect.stringMatching(/^listeners\.notify\.secret/) }]);
      expect(found[0]?.expected).toContain('openssl rand -base64 32');
      expect(JSON.stringify(found)).not.toContain('plain text!');
    },
  );
});

describe('the headers of a webhook', () => {
  test('are sent as they are written', async () => {
    const headers = { Authorization: 'Bearer abcdef', 'X-Team': 'billing' };
    expect(await parsed({ ...hook, headers })).toMatchObject({ headers });
    expect(await parsed(hook)).toMatchObject({ headers: {} });
  });

  test.each(['Content-Type', 'webhook-signature', 'Idempotency-Key', 'HOST', 'Transfer-Encoding', 'two words', ''])(
    'cannot be "%s"',
    async (name) => {
      expect(await problems({ ...hook, headers: { [name]: 'x' } })).toHaveLength(1);
    },
  );

  test('have no second line', async () => {
    expect(await problems({ ...hook, headers: { 'X-Team': 'a\r\nHost: b' } })).toMatchObject([
      { path: 'listeners.notify.headers.X-Team', expected: 'a text of one line' },
    ]);
  });
});

describe('exec', () => {
  test('has variables beside those of the daemon', async () => {
    const exec = { type: 'exec', command: ['./audit.sh'] };
    expect(await parsed({ ...exec, env: { LEVEL: 'high' } })).toMatchObject({ env: { LEVEL: 'high' } });
    expect(await parsed(exec)).toMatchObject({ env: {} });
    expect(await problems({ ...exec, env: { '1A': 'x', 'A=B': 'y' } })).toHaveLength(2);
  });
});
