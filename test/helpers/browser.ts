import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Debian's chromium, or the one that `CHROMIUM_PATH` names. Nothing is downloaded. */
export async function aBrowser(): Promise<Browser> {
  const { CHROMIUM_PATH = '/usr/bin/chromium' } = process.env;
  if (!existsSync(CHROMIUM_PATH))
    throw new Error(`there is no ${CHROMIUM_PATH}: install chromium, or set CHROMIUM_PATH`);
  return chromium.launch({ executablePath: CHROMIUM_PATH, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** A tab whose complaints are kept: messages of the console, errors, and violations of the content security policy. */
export interface Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly complaints: readonly string[];
}

export async function aTab(browser: Browser, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const complaints: string[] = [];
  await context.exposeFunction('complain', (what: string) => void complaints.push(what));
  await context.addInitScript(`document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
    complain(violatedDirective + ' ' + blockedURI);
  });`);
  const page = await context.newPage();
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  return { page, context, complaints };
}

/** Expects that axe finds nothing wrong with what a tab shows, and that nothing is wider than the window. */
export async function expectAccessible({ page }: Pick<Tab, 'page'>): Promise<void> {
  const found = await page.evaluate(
    `${axe};axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 200)).join(' | ')))`,
  );
  expect({ url: page.url(), found }).toEqual({ url: page.url(), found: [] });
  const [wide, window] = (await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as [
    number,
    number,
  ];
  expect(wide).toBeLessThanOrEqual(window);
}
