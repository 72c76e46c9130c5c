import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withoutSecrets } from '../../config/effective.ts';
import { redactor } from '../../config/redact.ts';
import { groupNamesOf } from '../../listener.ts';
import type { RedisConnection } from '../../redis/connection/connection.ts';
import type { Access, Page, Sources } from '../../web/page.ts';
import { isLoopbackAddress } from '../../web/protect/hosts.ts';
import { connectRedis, openReader, type Setting, streamOf } from './app.ts';
import { compileResources } from './compile-resources.ts';
import { openDeadLetters } from './open-listener.ts';
import { Opened } from './opened.ts';

export interface PageParts {
  readonly access: Access;
  /** The host that the page listens on. */
  readonly host: string;
  /** More names under which browsers reach it. */
  readonly names: readonly string[];
}

/** The page, ready to answer. Closing it closes what was opened for it. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
}

/** Puts the page together. A store that is away is not an error here: the page says so. */
export async function openPage(setting: Setting, { access, host, names }: PageParts): Promise<OpenPage> {
  const { createPage, assetsOf } = await import('../../web/page.ts');
  await using opened = new Opened();
  const mask = maskOf(setting, access);
  setting.terminal.redact(mask);
  const page = createPage({
    name: setting.config.name,
    access,
    reachable: { isLoopback: isLoopbackAddress(host), names },
    sources: await openSources(setting, opened),
    assets: assetsOf({ style: readBundled('style.css'), script: readBundled('page.js') }),
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

/** The build puts the page's files beside the bundle. */
function readBundled(name: string): string {
  return readFileSync(join(__dirname, 'page', name), 'utf8');
}

async function openSources(setting: Setting, opened: Opened): Promise<Sources> {
  const { config, loaded } = setting;
  const resources = await compileResources(setting);
  const letters = opened.use(await openDeadLetters(setting));
  const redis = new LazyRedis(setting);
  opened.defer(() => redis.close());
  const listeners = Object.entries(config.listeners).map(([name, { type, on, shards }]) => {
    return [name, { type, on, groups: groupNamesOf(name, shards) }] as const;
  });
  return {
    async database(work) {
      await using reader = await openReader(setting);
      return await work(reader);
    },
    letters,
    stream: { state: async () => (await streamOf(setting, await redis.connection())).state() },
    tables: new Map(resources.map(({ table }) => [table.resource, table])),
    listeners: new Map(listeners),
    config: { path: loaded.path, effective: withoutSecrets(config) },
  };
}

/** One connection to Redis, made when it is needed first, and again where that failed. */
class LazyRedis {
  readonly #setting: Setting;
  #opening: Promise<RedisConnection> | undefined;

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  connection(): Promise<RedisConnection> {
    this.#opening ??= connectRedis(this.#setting).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async close(): Promise<void> {
    const connection = await this.#opening?.catch(() => undefined);
    connection?.close();
  }
}
