import { expect, test } from 'vitest';
import { seal, unseal } from '../../../src/http/oauth/seal.ts';

const [first, second] = ['k'.repeat(32), 'another key of thirty-two characters'];

test('a sealed secret is opened with the key that sealed it, and shows nothing of it', () => {
  const sealed = seal('1//refresh-tökén', [first], 'chain');
  expect(sealed).toMatch(/^v1\.[\w-]{16}\.[\w-]+$/);
  expect(Buffer.from(sealed.split('.')[2] ?? '', 'base64url').toString('utf8')).not.toContain('refresh');
  expect(unseal(sealed, [first], 'chain')).toBe('1//refresh-tökén');
});

test('the same secret is sealed differently each time', () => {
  expect(seal('secret', [first], 'chain')).not.toBe(seal('secret', [first], 'chain'));
});

test('of a list of keys the first one seals, and any of them opens', () => {
  const old = seal('secret', [first], 'chain');
  expect(unseal(old, [second, first], 'chain')).toBe('secret');
  const renewed = seal('secret', [second, first], 'chain');
  expect(unseal(renewed, [second], 'chain')).toBe('secret');
  expect(unseal(renewed, [first], 'chain')).toBeNull();
});

test.each([
  ['another key', (sealed: string) => unseal(sealed, [second], 'chain')],
  ['no key', (sealed: string) => unseal(sealed, [], 'chain')],
  ['another chain', (sealed: string) => unseal(sealed, [first], 'other')],
  ['a changed text', (sealed: string) => unseal(`${sealed.slice(0, -4)}AAAA`, [first], 'chain')],
  ['a tag that is cut off', (sealed: string) => unseal(sealed.slice(0, 24), [first], 'chain')],
  ['another version', (sealed: string) => unseal(sealed.replace('v1', 'v2'), [first], 'chain')],
  ['no sealed text', () => unseal('', [first], 'chain')],
])('%s opens nothing', (_, open) => {
  expect(open(seal('secret', [first], 'chain'))).toBeNull();
});
