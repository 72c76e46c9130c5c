import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { redactor } from '../../config/redact.ts';
import type { Access, Page } from '../../web/page.ts';
import { isLoopbackAddress } from '../../web/protect/hosts.ts';
import type { Setting } from '../open/app.ts';
import { Opened } from '../open/opened.ts';
import { pageActions } from './page-actions.ts';
import { openPageSources } from './page-sources.ts';

export interface PageFiles {
  readonly style: string;
  readonly script: string;
}

export interface PageParts {
  readonly access: Access;
  /** The host that the page listens on. */
  readonly host: string;
  /** More names under which browsers reach it. */
  readonly names: readonly string[];
  /** Its style sheet and its script. */
  readonly files: PageFiles;
}

/** The page, ready to answer. Closing it closes what was opened for it. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
}

/** Puts the page together. A store that is away is not an error here: the page says so. */
export async function openPage(setting: Setting, { access, host, names, files }: PageParts): Promise<OpenPage> {
  const { createPage, assetsOf } = await import('../../web/page.ts');
  await using opened = new Opened();
  const mask = maskOf(setting, access);
  setting.terminal.redact(mask);
  const page = createPage({
    name: setting.config.name,
    access,
    reachable: { isLoopback: isLoopbackAddress(host), names },
    sources: await openPageSources(setting, opened),
    actions: pageActions(setting),
    assets: assetsOf(files),
    mask,
    now: () => new Date(),
  });
  opened.defer(() => page.close());
  const rest = opened.move();
  return { page, [Symbol.asyncDispose]: () => rest[Symbol.asyncDispose]() };
}

/** Secrets are masked as they are and as HTML writes them. The tokens of the page are secrets too. */
function maskOf({ loaded }: Setting, { tokens }: Access): (text: string) => string {
  const secrets = [...loaded.secrets, ...Object.values(tokens)];
  return redactor([...secrets, ...secrets.map(asHtml)]);
}

function asHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** The files of the page, which the build puts beside the bundle. */
export function bundledFiles(): PageFiles {
  const read = (name: string) => readFileSync(join(__dirname, 'page', name), 'utf8');
  return { style: read('style.css'), script: read('page.js') };
}
