import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Sessions, sessionMs } from '../../../src/web/protect/sessions.ts';
import { freePort } from '../../helpers/free-port.ts';
import { aPage, operateToken, type TestPage, viewToken } from '../../helpers/page.ts';
import { redis } from '../../helpers/suite-redis.ts';
import { aCustomer, aProject, eventually, type Project } from '../../helpers/sync.ts';

// What an attacker sends to the page, byte by byte where it matters. Nothing gets through.

const tokens = { operate: operateToken, view: viewToken };
const evil = '<img src=x onerror=alert(1)>';
const bidi = 'invoice\u202efdp.exe';
const secret = 'p&ss<word>-of-the-"third"-party';

let project: Project;
const pages: TestPage[] = [];

async function page(access: Parameters<typeof aPage>[1] = { tokens }): Promise<TestPage> {
  const opened = await aPage(project, access);
  pages.push(opened);
  return opened;
}

beforeAll(async () => {
  const records = [
    aCustomer(1, { contact: { email: evil } }),
    aCustomer(2, { contact: { email: bidi } }),
    aCustomer(3, { contact: { email: secret } }),
    aCustomer(4, { id: `"><script>alert(1)</script>` }),
    aCustomer(5, { id: '../../etc/passwd?x=1#y\u0007\u001b[31m' }),
  ];
  project = await aProject({
    redis,
    ttl: '30s',
    records,
    config: ({ adapters: { acme }, ...config }) => ({
      ...config,
      adapters: { acme: { ...acme, headers: { Authorization: `Bearer ${secret}`, 'X-Pin': '4711' } } },
      listeners: { notify: { type: 'log', on: ['*'], from: 'beginning' } },
    }),
  });
  expect((await project.sync()).exitCode).toBe(0);
});
afterAll(async () => {
  for (const opened of pages) await opened[Symbol.asyncDispose]();
  await project.close();
});

const someScreens = ['/', '/runs', '/events', '/record', '/rejects', '/resources/customers', '/activity', '/config'];
const actions = ['/listeners/notify/replay?error=x', '/listeners/notify/drop?error=x'];

describe('without a login', () => {
  test.each([...someScreens, '/nowhere', ...actions])('%s leads to the form and shows nothing', async (path) => {
    const { status, headers, html } = await (await page()).get(path);
    expect([status, headers.get('location'), html]).toEqual([303, '/login', '']);
  });

  test.each(['/api/status', '/api/events', '/api/events/1-1', '/live/', '/live/events', '/metrics'])(
    '%s is refused',
    async (path) => {
      const { status, text } = await (await page()).get(path);
      expect([status, text]).toEqual([401, expect.stringContaining('Log in first')]);
    },
  );

  test('nothing can be posted, and no wrong token helps', async () => {
    const ours = await page();
    expect((await ours.post('/listeners/notify/drop?error=x', { count: '1' })).status).toBe(401);
    for (const token of ['', 'wrong', `${viewToken} `, operateToken.slice(1)]) {
      expect(await ours.login(token)).toMatchObject({
        status: 401,
        text: expect.stringContaining('not one of the tokens'),
      });
    }
    expect((await ours.get('/', { cookie: `cronsync-${project.name}=operate.99999999999999.AAAA` })).status).toBe(303);
    expect((await ours.get('/api/status', { authorization: `Bearer ${operateToken}x` })).status).toBe(401);
  });
});

test('a page of another site may lead to the page, and can load nothing of it', async () => {
  const open = await page({});
  const from = (mode: string) => ({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode });
  for (const path of ['/live/', '/api/status', '/']) expect((await open.get(path, from('no-cors'))).status).toBe(403);
  expect((await open.get('/', from('navigate'))).status).toBe(200);
});

test('a live stream ends with the session that has opened it', async () => {
  const access = { tokens, isReadOnly: false };
  const almostOver = () => new Date(Date.now() - sessionMs + 1000);
  const session = new Sessions({ name: project.name, access, now: almostOver }).issue('view');
  const { status, html } = await (await page()).get('/live/', { cookie: `cronsync-${project.name}=${session}` });
  expect([status, html]).toEqual([200, expect.stringContaining('customers')]);
});

test('a login link is good once', async () => {
  const ours = await page();
  const path = ours.loginPath() ?? '';
  const { status, headers, text } = await ours.get(path);
  expect([status, text]).toEqual([200, expect.stringContaining('You are logged in')]);
  expect(headers.get('set-cookie')).toMatch(
    /^cronsync-\S+=operate\.\d+\.\S+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
  );
  expect(await ours.get(path)).toMatchObject({ status: 401, text: expect.stringContaining('used already') });
  expect((await ours.get('/login/AAAA')).status).toBe(401);
});

describe('somebody who may only look', () => {
  test.each(actions)('neither sees nor sends %s', async (path) => {
    const ours = await page();
    await ours.login(viewToken);
    expect((await ours.get('/')).status).toBe(200);
    expect(await ours.get(path)).toMatchObject({
      status: 403,
      text: expect.stringContaining('You may look, and not act'),
    });
    expect(await ours.post(path, { count: '0' })).toMatchObject({
      status: 403,
      text: expect.stringContaining('Nothing was done'),
    });
  });

  test('cannot make an operator of their session', async () => {
    const ours = await page();
    const cookie = (await ours.login(viewToken)).headers.get('set-cookie')?.split(';')[0] ?? '';
    const forged = cookie.replace('=view.', '=operate.');
    expect(forged).not.toBe(cookie);
    expect((await ours.get('/', { cookie: forged })).status).toBe(303);
  });
});

test.each([
  ['on a page that is read-only', { tokens, isReadOnly: true }],
  ['on a page without a token for operators', { tokens: { view: viewToken } }],
  ['on a page without tokens', {}],
])('%s, actions do not exist', async (_where, access) => {
  const ours = await page(access);
  if ('tokens' in access) await ours.login('operate' in access.tokens ? operateToken : viewToken);
  for (const path of actions) {
    expect((await ours.get(path)).status).toBe(404);
    expect((await ours.post(path, { count: '1' })).status).toBe(404);
  }
  expect((await ours.get('/listeners/notify')).html).not.toMatch(/Pause…|Replay…|Approve…/);
});

describe('what another page makes a browser send', () => {
  test.each([
    ['no origin', { origin: '', 'sec-fetch-site': '' }],
    ['a foreign origin', { origin: 'http://evil.example' }],
    ['the origin null', { origin: 'null' }],
    ['another port', { origin: 'http://localhost:9999' }],
    ['cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['same-site', { 'sec-fetch-site': 'same-site' }],
  ])('is refused with %s', async (_what, headers) => {
    const ours = await page();
    await ours.login(operateToken);
    const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''));
    const left = Object.keys(headers).length === 2 && Object.keys(sent).length === 0;
    const answer = left
      ? await ours.post('/listeners/notify/drop?error=x', { count: '1' }, { origin: 'null', 'sec-fetch-site': 'none' })
      : await ours.post('/listeners/notify/drop?error=x', { count: '1' }, sent);
    expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('Nothing was done')]);
  });

  test('is refused under another host: a name of theirs that leads to this address', async () => {
    const ours = await page({});
    expect(await ours.get('/', { host: 'evil.example:9091' })).toMatchObject({
      status: 421,
      text: expect.stringContaining('not known under the host'),
    });
    expect((await ours.get('/', { host: '127.0.0.1:9091' })).status).toBe(200);
  });
});

describe('hostile keys and values', () => {
  test.each([
    '/',
    '/events',
    '/events?key=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&type=%22%3E%3Cb%3E',
    `/record?resource=customers&key=${encodeURIComponent('"><script>alert(1)</script>')}`,
    `/record?resource=customers&key=${encodeURIComponent('../../etc/passwd?x=1#y\u0007\u001b[31m')}`,
    `/record?resource=${encodeURIComponent(evil)}&key=1`,
    '/runs?outcome=%3Cscript%3E',
    '/rejects?resource=%3Cscript%3E',
    '/resources/%3Cscript%3E',
    '/listeners/%22%3E%3Cscript%3E',
    '/config',
    '/%3Cscript%3Ealert(1)%3C/script%3E',
  ])('have no effect on %s', async (path) => {
    const { html, headers } = await (await page({})).get(path);
    expect(html).not.toContain('<img src=x');
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toMatch(/<[a-z][^<>]* on[a-z]+=/i);
    expect(html).not.toMatch(/\sstyle=|<style|javascript:/i);
    expect(html).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('marks that turn text round are shown as their code', async () => {
    const { html, text } = await (await page({})).get('/record?resource=customers&key=2');
    expect(text).toContain('invoice \\u202e fdp.exe');
    expect(html).toContain('<span class="code">\\u202e</span>');
  });

  test.each(['/record?resource=customers&key=3', '/config', '/api/status', '/api/events', '/events'])(
    'a secret is masked in %s, wherever it comes from',
    async (path) => {
      const { html, text } = await (await page({})).get(path);
      for (const sight of [html, text]) {
        expect(sight).not.toContain('p&ss');
        expect(sight).not.toContain('p&amp;ss');
        expect(sight).not.toContain('4711');
      }
      expect(html.length).toBeGreaterThan(50);
    },
  );

  test('paths that leave the place of the assets lead nowhere', async () => {
    const ours = await page({});
    for (const path of [
      '/assets/../sync.config.json',
      '/assets/%2e%2e%2fsync.config.json',
      '/assets/page.js',
      '//evil.example/',
    ]) {
      expect((await ours.get(path)).status).toBe(404);
    }
  });
});

test('whoever guesses tokens waits longer and longer', async () => {
  const ours = await page();
  for (let nth = 0; nth < 5; nth += 1) await ours.login(`guess-${nth}`);
  const all = Array.from({ length: 34 }, () => ours.post('/login', { token: 'another guess' }));
  const refused = await Promise.race(all.map((answer) => answer.then(({ status }) => status)));
  expect(refused).toBe(429);
});

describe('the server itself', () => {
  test('answers what is not HTTP with 400, and a request without a host', async () => {
    const port = await freePort();
    const child = project.start(['web', `127.0.0.1:${port}`]);
    await eventually(() => child.stderr().includes('is at http'));
    expect(await raw(port, 'GARBAGE\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw(port, 'GET / HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw(port, 'GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 421 /,
    );
    expect(
      await raw(
        port,
        `POST /logout HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      ),
    ).toMatch(/^HTTP\/1\.1 403 /);
    expect(
      await raw(port, `GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`),
    ).not.toMatch(/^HTTP\/1\.1 200 /);
    child.kill('SIGTERM');
    expect((await child.finished).exitCode).toBe(0);
  });

  test.each([
    [{}, ':0', /the page on every address has no token.*SYNC_WEB_VIEW_TOKEN/s],
    [{}, '0.0.0.0:0', /everybody who reaches it could read your rows; nothing was read/],
    [{ SYNC_WEB_TOKEN: 'short' }, '127.0.0.1:0', /SYNC_WEB_TOKEN has 5 characters/],
    [{ SYNC_WEB_TOKEN: viewToken, SYNC_WEB_VIEW_TOKEN: viewToken }, '127.0.0.1:0', /are the same token/],
    [{ SYNC_WEB_TOKEN: '${file:/nowhere/token}' }, '127.0.0.1:0', /the file \/nowhere\/token to be readable/],
  ])('does not start with %j on %s', async (env, address, says) => {
    const { exitCode, stderr } = await project.sync(['web', address], { env });
    expect([exitCode, stderr]).toEqual([78, expect.stringMatching(says)]);
  });
});

/** Sends bytes, and reads until the server closes. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('utf8').write(bytes);
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  return answer;
}
