import { describe, expect, test } from 'vitest';
import { FailedLogins } from '../../../src/web/protect/failed-logins.ts';
import { LoginLinks } from '../../../src/web/protect/login-links.ts';
import { Sessions, sessionMs } from '../../../src/web/protect/sessions.ts';

const tokens = { operate: 'operate-token-0123456789', view: 'view-token-0123456789' };

function aClock() {
  let ms = Date.parse('2026-01-31T12:00:00Z');
  return {
    now: () => new Date(ms),
    pass: (by: number) => {
      ms += by;
    },
  };
}

function sessions(options: { readonly tokens?: object; readonly isReadOnly?: boolean; readonly name?: string } = {}) {
  const clock = aClock();
  const access = { tokens, isReadOnly: false, ...options };
  return { clock, sessions: new Sessions({ name: 'crm', ...options, access, now: clock.now }) };
}

describe('a session', () => {
  test('keeps its role until it ends', () => {
    const { sessions: ours, clock } = sessions();
    const session = ours.issue('operate');
    expect(ours.roleOf(session)).toBe('operate');
    clock.pass(sessionMs - 1);
    expect(ours.roleOf(session)).toBe('operate');
    clock.pass(1);
    expect(ours.roleOf(session)).toBe(null);
  });

  test('is known to another process with the same tokens, and not with another token or of another sync', () => {
    const session = sessions().sessions.issue('view');
    expect(sessions().sessions.roleOf(session)).toBe('view');
    expect(sessions({ tokens: { ...tokens, view: 'another-token-0123456789' } }).sessions.roleOf(session)).toBe(null);
    expect(sessions({ tokens: { operate: tokens.operate } }).sessions.roleOf(session)).toBe(null);
    expect(sessions({ name: 'erp' }).sessions.roleOf(session)).toBe(null);
  });

  test('of an operator only looks where the page is read-only', () => {
    const session = sessions().sessions.issue('operate');
    expect(sessions({ isReadOnly: true }).sessions.roleOf(session)).toBe('view');
  });

  test('that was changed is worth nothing', () => {
    const { sessions: ours } = sessions();
    const [, until = '', signature = ''] = ours.issue('view').split('.');
    for (const forged of [
      `operate.${until}.${signature}`,
      `view.${Number(until) + 1}.${signature}`,
      `view.${until}.${signature.slice(1)}`,
      `view.${until}.`,
      `view.${until}`,
      `constructor.${until}.${signature}`,
      `view.Infinity.${signature}`,
      '',
      'view',
    ]) {
      expect(ours.roleOf(forged)).toBe(null);
    }
  });
});

test('a token has its role, and nothing else has one', () => {
  const { sessions: ours } = sessions();
  expect(ours.roleOfToken(tokens.operate)).toBe('operate');
  expect(ours.roleOfToken(tokens.view)).toBe('view');
  expect(ours.roleOfToken('')).toBe(null);
  expect(ours.roleOfToken(`${tokens.view} `)).toBe(null);
  expect(sessions({ tokens: { view: tokens.view } }).sessions.roleOfToken('')).toBe(null);
});

test('a login link works once, and for a minute', () => {
  const clock = aClock();
  const links = new LoginLinks(clock.now);
  const code = links.issue();
  expect(links.take('another')).toBe(false);
  expect(links.take(code)).toBe(true);
  expect(links.take(code)).toBe(false);
  const late = links.issue();
  clock.pass(60_000);
  expect(links.take(late)).toBe(false);
});

describe('failed logins', () => {
  test('five in a minute are free; after that each try waits its turn', async () => {
    const clock = aClock();
    const waits: number[] = [];
    const failed = new FailedLogins(clock.now, async (ms) => waits.push(ms));
    for (let nth = 0; nth < 5; nth += 1) {
      expect(await failed.admit()).toBe(true);
      failed.failed();
    }
    expect(waits).toEqual([]);
    await Promise.all([failed.admit(), failed.admit()]);
    expect(waits).toEqual([1000, 1000]);
    clock.pass(60_001);
    await failed.admit();
    expect(waits).toHaveLength(2);
  });

  test('whoever comes when too many wait is sent away', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const failed = new FailedLogins(aClock().now, () => promise);
    for (let nth = 0; nth < 5; nth += 1) failed.failed();
    const waiting = Array.from({ length: 30 }, () => failed.admit());
    expect(await failed.admit()).toBe(false);
    resolve();
    expect(await Promise.all(waiting)).not.toContain(false);
  });
});
