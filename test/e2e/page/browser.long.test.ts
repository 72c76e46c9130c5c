import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aBrowser, aTab, expectAccessible, type Tab } from '../../helpers/browser.ts';
import { freePort } from '../../helpers/free-port.ts';
import { deadLetters } from '../../helpers/listening.ts';
import { operateToken, viewToken } from '../../helpers/page.ts';
import { aReceiver, type Receiver, receiverSecret } from '../../helpers/receiver.ts';
import { redis } from '../../helpers/suite-redis.ts';
import { aProject, customers, eventually, type Project } from '../../helpers/sync.ts';

// The page in a real browser. `npm run test:long` runs this file.

let browser: Browser;
let project: Project;
let receiver: Receiver;
let url: string;
let port: number;
let server: ReturnType<Project['start']>;
const tabs: Tab[] = [];

/** Stays in quarantine. */
const misfit = { id: 41, contact: { email: { not: 'text' } } };
const env = { SYNC_WEB_TOKEN: operateToken, SYNC_WEB_VIEW_TOKEN: viewToken };

beforeAll(async () => {
  browser = await aBrowser();
  receiver = await aReceiver();
  project = await aProject({
    redis,
    ttl: '30s',
    records: [...customers(40), misfit],
    config: ({ resources: { customers: resource }, ...config }) => ({
      ...config,
      resources: { customers: { ...resource, rejects: '50%' } },
      listeners: {
        notify: {
          ...{ type: 'webhook', url: receiver.url, secret: receiverSecret, allowPrivate: true },
          ...{ on: ['customers.*'], from: 'beginning', attempts: 1 },
        },
      },
    }),
  });
  receiver.answer((event) => (Number(event.subject) <= 6 ? 422 : 200));
  await project.sync();
  await project.sync(['listen', '--drain']);
  project.serve([...customers(40).map((one) => ({ ...one, status: 'gold' })), misfit]);
  await project.sync();
  port = await freePort();
  await startServer();
});
afterAll(async () => {
  await browser?.close();
  await receiver?.[Symbol.asyncDispose]();
  await project?.close();
});

async function startServer(): Promise<void> {
  server = project.start(['web', `127.0.0.1:${port}`], { env });
  await eventually(() => server.stderr().includes('logs in once'));
  url = `http://127.0.0.1:${port}`;
}

async function loggedIn(options: Parameters<typeof aTab>[1] = {}, token = operateToken): Promise<Tab> {
  const tab = await aTab(browser, options);
  tabs.push(tab);
  await tab.page.goto(`${url}/login`);
  await tab.page.getByLabel('Token').fill(token);
  await tab.page.getByRole('button', { name: 'Log in' }).click();
  await tab.page.waitForURL(`${url}/`);
  return tab;
}

async function newestEvent(key: string): Promise<string> {
  const [last] = project
    .events()
    .filter(({ subject }) => subject === key)
    .slice(-1);
  const [generation] = (last?.id ?? '').split(':').at(-1)?.split('-') ?? [];
  return `/events/${generation}-${Number(last?.sequence)}`;
}

async function screens(): Promise<string[]> {
  const [run] = project.query('SELECT run FROM _sync_runs ORDER BY id DESC LIMIT 1');
  const rejects = project.query('SELECT id FROM _sync_rejects');
  return [
    ...['/', '/runs', `/runs/${run?.run}`, '/events', await newestEvent('7'), '/record?resource=customers&key=7'],
    ...['/resources/customers', '/listeners/notify', '/rejects', '/activity', '/config'],
    ...rejects.map(({ id }) => `/rejects/${id}`),
    ...['/pause', '/listeners/notify/pause', '/listeners/notify/rewind'],
  ];
}

test('the link that the command prints logs in', async () => {
  const [, link = ''] = /(http:\S+\/login\/\S+)/.exec(server.stderr()) ?? [];
  const { page, context } = await aTab(browser);
  await page.goto(link);
  await page.waitForURL(`${url}/`);
  expect(await page.getByText('operator').isVisible()).toBe(true);
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.waitForURL(`${url}/login`);
  await page.goto(`${url}/runs`);
  expect(page.url()).toBe(`${url}/login`);
  await context.close();
});

describe.each([
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['on a phone', { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }],
] as const)('%s', (_name, options) => {
  test('no screen has a violation of axe or of the policy, a message, or a sideways scrollbar', async () => {
    const tab = await aTab(browser, options);
    await tab.page.goto(`${url}/login`);
    await expectAccessible(tab);
    await tab.context.close();
    const inside = await loggedIn(options);
    for (const path of await screens()) {
      await inside.page.goto(url + path);
      expect([path, await inside.page.locator('h1').count()]).toEqual([path, 1]);
      await expectAccessible(inside);
    }
    await inside.context.close();
    expect([...tab.complaints, ...inside.complaints]).toEqual([]);
  });
});

test('the overview and the tail of the events move while runs happen', async () => {
  const overview = await loggedIn();
  const tail = await loggedIn();
  await tail.page.goto(`${url}/events`);
  await tail.page.getByLabel('Key').fill('half a ke');
  const before = project.events().length;
  project.serve(customers(40).map((one, at) => ({ ...one, status: at < 3 ? 'silver' : 'gold' })));
  await project.sync();
  await overview.page.getByRole('link', { name: String(before + 3), exact: true }).waitFor();
  await tail.page.getByRole('link', { name: String(before + 3), exact: true }).waitFor();
  expect(await tail.page.getByLabel('Key').inputValue()).toBe('half a ke');
  expect(await tail.page.locator('#live').getAttribute('class')).toBe('live');
  expect([...overview.complaints, ...tail.complaints]).toEqual([]);
  await overview.context.close();
  await tail.context.close();
});

test('an event shows what changed in two columns', async () => {
  const { page, context, complaints } = await loggedIn();
  await page.goto(url + (await newestEvent('9')));
  expect(await page.locator('.diff del').innerText()).toBe('active');
  expect(await page.locator('.diff ins').innerText()).toBe('gold');
  expect(complaints).toEqual([]);
  await context.close();
});

test('deletions that are held are approved by keyboard alone, from the login on', async () => {
  project.serve(customers(20, 21));
  expect((await project.sync()).exitCode).toBe(3);
  const { page, context, complaints } = await aTab(browser);
  await page.goto(`${url}/login`);
  await tabTo(page, 'INPUT');
  await page.keyboard.type(operateToken);
  await page.keyboard.press('Enter');
  await page.waitForURL(`${url}/`);
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
  await page.keyboard.press('Enter');
  await tabTo(page, 'customers');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${url}/resources/customers`);
  await tabTo(page, 'Approve…');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/resources\/customers\/approve/);
  await tabTo(page, 'INPUT');
  await page.keyboard.type('19');
  await page.keyboard.press('Enter');
  await page.getByText('another number was typed; nothing was done').waitFor();
  await page.goBack();
  await tabTo(page, 'INPUT');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('20');
  await page.keyboard.press('Enter');
  await page.getByText('20 deletions of customers approved').waitFor();
  // The browser itself notes that an answer was 409.
  expect(complaints.filter((text) => !text.includes('409'))).toEqual([]);
  await context.close();
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0, counts: { deleted: 20 } });
  expect((await project.sync(['activity', '--json'])).stdout).toContain('page (operate)');
});

/** Presses Tab until the focus is on an element of this kind, or with this text. */
async function tabTo(page: Tab['page'], wanted: string): Promise<void> {
  for (let nth = 0; nth < 80; nth += 1) {
    await page.keyboard.press('Tab');
    const [tag, text, type] = (await page.evaluate(
      '[document.activeElement.tagName, document.activeElement.textContent.trim(), document.activeElement.type]',
    )) as readonly [string, string, string | undefined];
    if (text === wanted || (tag === wanted && type !== 'hidden')) return;
  }
  throw new Error(`the keyboard does not reach ${wanted}`);
}

test('dead letters are replayed by their error', async () => {
  expect(deadLetters(project)).toHaveLength(6);
  receiver.answer((event) => (event.subject === '2' ? 422 : 200));
  const { page, context, complaints } = await loggedIn();
  await page.goto(`${url}/listeners/notify`);
  expect(await page.getByRole('caption').filter({ hasText: '6 dead letters, by error' }).count()).toBe(1);
  await page.getByRole('link', { name: 'Replay…' }).click();
  await page.getByLabel('Reason').fill('the receiver is fixed');
  await page.getByRole('button', { name: 'Replay 6 dead letters' }).click();
  await page.getByText('5 dead letters delivered. 1 failed again').waitFor();
  expect(deadLetters(project)).toHaveLength(1);
  await page.getByRole('link', { name: 'list of activities' }).click();
  await page.getByText('the receiver is fixed').waitFor();
  expect(complaints).toEqual([]);
  await context.close();
});

test('the sync is paused and resumed', async () => {
  const { page, context, complaints } = await loggedIn();
  await page.getByRole('link', { name: 'Pause…' }).click();
  await page.getByLabel('For how long').selectOption('1h');
  await page.getByLabel('Reason').fill('their migration');
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText('The sync is paused for 60 min.').waitFor();
  expect((await project.sync()).json()).toMatchObject({ outcome: 'paused', exitCode: 0, hits: 0 });
  await page.goto(`${url}/`);
  expect(await page.locator('.verdict h1').innerText()).toContain('Paused');
  await page.getByRole('link', { name: 'Resume…' }).click();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByText('The sync is resumed').waitFor();
  expect((await project.sync()).json()).toMatchObject({ outcome: 'done' });
  expect(complaints).toEqual([]);
  await context.close();
});

test('a region that loses its server is greyed and says so, and goes on when the server is back', async () => {
  const { page, context } = await loggedIn({}, viewToken);
  await page.waitForFunction('document.querySelector("#live").className === "live"');
  expect(await page.locator('#lost').isVisible()).toBe(false);
  server.kill('SIGTERM');
  expect((await server.finished).exitCode).toBe(0);
  await page.locator('#lost').waitFor();
  expect(await page.locator('#live').getAttribute('class')).toContain('stale');
  await startServer();
  await page.locator('#lost').waitFor({ state: 'hidden' });
  expect(await page.locator('#live').getAttribute('class')).not.toContain('stale');
  await context.close();
});

test('without JavaScript every screen is there', async () => {
  const { page, context } = await loggedIn({ javaScriptEnabled: false });
  for (const path of await screens()) {
    expect((await page.goto(url + path))?.status()).toBe(200);
    expect([path, await page.locator('h1').count()]).toEqual([path, 1]);
  }
  await context.close();
});
