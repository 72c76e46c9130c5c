import { resolve } from 'node:path';
import type { Adapter, AdapterDefinition, HttpClient, HttpRequest, Sign } from '../adapter.ts';
import { redactor } from '../config/redact.ts';
import type { AdapterConfig } from '../config/schema/schema.ts';
import { ConfigError, messageOf, syncErrorOf } from '../errors.ts';
import type { OAuth2 } from '../http/auth.ts';
import type { TokenSource } from '../http/oauth.ts';
import type { ThrottledClientOptions } from '../http/throttled.ts';
import type { Progress } from '../progress.ts';
import type { Party, WayOut } from '../run/context.ts';
import type { SlotKeeper } from '../throttle.ts';
import type { TokenStore } from '../token.ts';
import type { Setting } from './app.ts';
import { readVersion } from './package.ts';

export interface PartyOptions {
  /** Milliseconds to wait for a slot; by default the adapter's own. */
  readonly waitMs?: number | undefined;
  /** Read the page from this file instead of a hit. */
  readonly from?: string | undefined;
  /** Keep the answers in this file. */
  readonly save?: string | undefined;
}

/** Makes the selected adapter and the one way out that it is given. */
export async function openParty(
  setting: Setting,
  slots: SlotKeeper,
  tokens: TokenStore,
  progress: Progress,
  options: PartyOptions,
): Promise<Party> {
  const adapterConfig = selected(setting);
  const { adapter, origins } = await openAdapter(adapterConfig, setting);
  const openHttp = await wayOut(adapterConfig, origins, { slots, tokens }, progress, setting, options);
  return { name: setting.config.adapter, adapter, openHttp };
}

/** Opens all that a run would open of the selected adapter, modules and catalogs too, and makes no hit. Throws `ConfigError`. */
export async function tryAdapter(setting: Setting): Promise<void> {
  const config = selected(setting);
  await openAdapter(config, setting);
  const { auth } = config.type === 'singer' ? {} : config;
  if (auth?.type === 'module') await openSign(auth.module, setting.loaded.dir);
}

function selected({ config: { adapter, adapters } }: Setting): AdapterConfig {
  const config = adapters[adapter];
  if (config) return config;
  throw new ConfigError(`there is no adapter ${adapter}`);
}

interface OpenAdapter {
  readonly adapter: Adapter;
  readonly origins: readonly string[];
}

async function openAdapter(config: AdapterConfig, setting: Setting): Promise<OpenAdapter> {
  if (config.type === 'rest') {
    const { createRestAdapter } = await import('../adapters/rest/rest.ts');
    return { adapter: createRestAdapter(config), origins: [new URL(config.baseUrl).origin] };
  }
  if (config.type === 'file') {
    const { createFileAdapter } = await import('../adapters/file/file.ts');
    const urls = Object.values(config.resources).flatMap(({ url }) => url ?? []);
    return {
      adapter: createFileAdapter(config, () => setting.console.caller.terminal.stdin),
      origins: urls.map((url) => new URL(url).origin),
    };
  }
  if (config.type === 'singer') {
    const { createSingerAdapter } = await import('../adapters/singer/singer.ts');
    const { timeoutMs, maxBodyBytes } = config;
    const { loaded, console } = setting;
    const surroundings = { dir: loaded.dir, env: console.caller.env, timeoutMs, maxMessageBytes: maxBodyBytes };
    return { adapter: await createSingerAdapter(config, surroundings), origins: [] };
  }
  return openModule(config, setting);
}

async function openModule(config: AdapterConfig & { type: 'module' }, { loaded }: Setting): Promise<OpenAdapter> {
  const { importModule } = await import('../config/modules.ts');
  const definition = await importModule(config.module, loaded.dir);
  if (!isDefinition(definition)) {
    throw new ConfigError(`the module ${config.module} does not export an adapter`, {
      hint: 'Its default export must be made by defineAdapter({ create(options) { … } }) of "cronsync".',
    });
  }
  const base = config.baseUrl === undefined ? [] : [new URL(config.baseUrl).origin];
  try {
    const own = definition.origins?.(config.options) ?? [];
    return { adapter: await definition.create(config.options), origins: [...base, ...own] };
  } catch (error) {
    throw syncErrorOf(error) ?? refusedOptions(config.module, error);
  }
}

function refusedOptions(module: string, cause: unknown): ConfigError {
  return new ConfigError(`the adapter ${module} cannot be made: ${messageOf(cause)}; no hit was made`, {
    cause,
    hint: 'Does its part of the config say what it needs?',
  });
}

function isDefinition(exported: unknown): exported is AdapterDefinition {
  return (
    typeof exported === 'object' && exported !== null && 'create' in exported && typeof exported.create === 'function'
  );
}

async function wayOut(
  config: AdapterConfig,
  origins: readonly string[],
  { slots, tokens }: { readonly slots: SlotKeeper; readonly tokens: TokenStore },
  progress: Progress,
  { timings, console, loaded }: Setting,
  { waitMs, from, save }: PartyOptions,
): Promise<(way: WayOut) => HttpClient> {
  const { createFileClient, createRecorder, demandPass, notePass } = await import('../http/recording.ts');
  if (from !== undefined) {
    const saved = createFileClient(resolve(console.caller.cwd, from));
    return ({ mode }) => demandPass(saved, mode);
  }
  const { authorizer, credentialsDigest, signer } = await import('../http/auth.ts');
  const { createThrottledClient } = await import('../http/throttled.ts');
  const { throttle, timeoutMs, maxBodyBytes } = config;
  const { auth, headers } = config.type === 'singer' ? {} : config;
  const recorder = save === undefined ? undefined : await createRecorder(resolve(console.caller.cwd, save));
  const sign = auth?.type === 'module' ? await openSign(auth.module, loaded.dir) : null;
  const source = auth?.type === 'oauth2' ? await openTokens(auth, throttle.key, origins, tokens) : null;
  return ({ mode, guard, mayStillSend, moved, failures, onHit, signal }) => {
    const options: ThrottledClientOptions = {
      key: throttle.key,
      limits: { hits: throttle.hits, perMs: throttle.perMs },
      keepers: guard ? [slots, guard] : [slots],
      origins,
      authorize: sign === null ? authorizer(auth, headers) : signer(authorizer(auth, headers), sign),
      credentialsDigest: credentialsDigest(auth),
      timeoutMs,
      maxBody: maxBodyBytes,
      waitMs: waitMs ?? throttle.waitMs,
      marginMs: throttle.marginMs,
      userAgent: `cronsync/${readVersion()}`,
      timings,
      signal,
      log: console.log,
      mayStillSend,
      moved: () => moved,
      failures: () => failures,
      onWait: (forMs) => progress.waiting(forMs),
      onHit,
      recorder: recorder && notePass(recorder, mode),
    };
    if (source === null) return createThrottledClient(options);
    const asking = createThrottledClient(tokenOptions(options, source.origin));
    const get = async () => {
      const token = await source.tokens.get(asking);
      console.redact(redactor([...loaded.secrets, token.text]));
      return token;
    };
    return createThrottledClient({ ...options, token: { get, drop: (token) => source.tokens.drop(token) } });
  };
}

async function openSign(module: string, dir: string): Promise<Sign> {
  const { importModule } = await import('../config/modules.ts');
  const sign = await importModule(module, dir);
  if (typeof sign === 'function') return sign as Sign;
  throw new ConfigError(`the module ${module} does not export a function; no hit was made`, {
    hint: 'Its default export takes a request and gives the headers to add.',
  });
}

interface OpenTokens {
  readonly tokens: TokenSource;
  readonly origin: string;
}

async function openTokens(
  auth: OAuth2,
  key: string | undefined,
  origins: readonly string[],
  store: TokenStore,
): Promise<OpenTokens> {
  const { createTokenSource } = await import('../http/oauth.ts');
  const { throttleKeyOf } = await import('../http/throttle-key.ts');
  const api = new URL(origins[0] ?? auth.tokenUrl);
  return { tokens: createTokenSource(auth, key ?? throttleKeyOf(api), store), origin: new URL(auth.tokenUrl).origin };
}

/** A token is asked for by a client that goes nowhere else. Only on the third party's own origin it is a hit, and pays. */
function tokenOptions(options: ThrottledClientOptions, origin: string): ThrottledClientOptions {
  const { onHit: _hit, recorder: _recorder, ...rest } = options;
  const common = { ...rest, origins: [origin], authorize: (request: HttpRequest) => request };
  return options.origins.includes(origin) ? { ...common, onHit: options.onHit } : { ...common, keepers: [] };
}
