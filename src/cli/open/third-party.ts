import { resolve } from 'node:path';
import type { Adapter, AdapterDefinition, Sign } from '../../adapter.ts';
import { requestSecretsIn } from '../../config/request-secrets.ts';
import type { AdapterConfig } from '../../config/schema/schema.ts';
import { secretsIn } from '../../config/secrets.ts';
import { ConfigError, messageOf, syncErrorOf } from '../../errors.ts';
import type { Mask } from '../../excerpt.ts';
import type { CredentialOptions, ThrottledClientOptions } from '../../http/throttled.ts';
import { environmentFor } from '../../program-environment.ts';
import type { Progress } from '../../progress.ts';
import type { ThirdParty } from '../../run/context.ts';
import type { SlotKeeper } from '../../throttle.ts';
import type { TokenStore } from '../../token.ts';
import { readVersion } from '../package.ts';
import type { Setting } from './app.ts';
import { openTokens } from './tokens.ts';

export interface ThirdPartyOptions {
  /** Milliseconds to wait for a slot; by default the adapter's own. */
  readonly waitMs?: number | undefined;
  /** Read the page from this file instead of a hit. */
  readonly from?: string | undefined;
  /** Keep the answers in this file. */
  readonly save?: string | undefined;
}

/** What the way out needs, opened by whoever calls `openThirdParty`. */
export interface ThirdPartyParts {
  readonly slots: SlotKeeper;
  readonly tokens: TokenStore;
  readonly progress: Progress;
}

/** Makes the selected adapter and the one way out that it is given. */
export async function openThirdParty(
  setting: Setting,
  parts: ThirdPartyParts,
  options: ThirdPartyOptions,
): Promise<ThirdParty> {
  const opened = await openAdapter(selected(setting), setting);
  const openHttp = await wayOut(opened, parts, setting, options);
  const third = { name: setting.config.adapter, adapter: opened.adapter, openHttp };
  return options.from === undefined
    ? { ...third, account: await accountOf(opened.config, setting.config.name) }
    : third;
}

/**
 * Opens what a run would open of the selected adapter, with its modules, catalogs and certificates, without a hit. Returns
 * how it connects, as the end of a sentence. Throws `ConfigError`.
 */
export async function tryAdapter(setting: Setting): Promise<string> {
  const config = selected(setting);
  const { origins } = await openAdapter(config, setting);
  if (config.type === 'singer') return '';
  if (config.auth?.type === 'module') await openSign(config.auth.module, setting.loaded.dir);
  if (config.auth?.type === 'oauth2' && config.auth.grant === 'jwt-bearer') {
    const { privateKeyOf } = await import('../../http/oauth/assertion.ts');
    privateKeyOf(config.auth.assertion);
  }
  const { throughProxy } = await import('./through-proxy.ts');
  const { env } = setting.terminal.caller;
  const path = `adapters.${setting.config.adapter}`;
  const each = origins.map((origin) => throughProxy(new URL(origin), path, config, env));
  return (await Promise.all(each)).find((through) => through !== '') ?? '';
}

function selected({ config: { adapter, adapters } }: Setting): AdapterConfig {
  const config = adapters[adapter];
  if (config) return config;
  throw new ConfigError(`there is no adapter ${adapter}`);
}

interface OpenAdapter {
  readonly config: AdapterConfig;
  readonly adapter: Adapter;
  readonly origins: readonly string[];
}

async function openAdapter(config: AdapterConfig, setting: Setting): Promise<OpenAdapter> {
  if (config.type === 'rest') {
    const { createRestAdapter } = await import('../../adapters/rest/rest.ts');
    return { config, adapter: createRestAdapter(config), origins: [new URL(config.baseUrl).origin] };
  }
  if (config.type === 'file') {
    const { createFileAdapter } = await import('../../adapters/file/file.ts');
    const urls = Object.values(config.resources).flatMap(({ url }) => url ?? []);
    const adapter = createFileAdapter(config, () => setting.terminal.caller.terminal.stdin);
    return { config, adapter, origins: urls.map((url) => new URL(url).origin) };
  }
  if (config.type === 'singer') {
    const { createSingerAdapter } = await import('../../adapters/singer/singer.ts');
    const { timeoutMs, maxBodyBytes } = config;
    const env = environmentFor(setting.terminal.caller.env, config.env);
    const surroundings = { dir: setting.loaded.dir, env, timeoutMs, maxMessageBytes: maxBodyBytes };
    return { config, adapter: await createSingerAdapter(config, surroundings), origins: [] };
  }
  return openModule(config, setting);
}

async function openModule(config: AdapterConfig & { type: 'module' }, { loaded }: Setting): Promise<OpenAdapter> {
  const { importModule } = await import('../../config/modules.ts');
  const definition = await importModule(config.module, loaded.dir);
  if (!isDefinition(definition)) {
    throw new ConfigError(`the module ${config.module} does not export an adapter`, {
      hint: 'Its default export must be made by defineAdapter({ create(options) { … } }) of "cronsync".',
    });
  }
  const base = config.baseUrl === undefined ? [] : [new URL(config.baseUrl).origin];
  try {
    const own = definition.origins?.(config.options) ?? [];
    return { config, adapter: await definition.create(config.options), origins: [...base, ...own] };
  } catch (error) {
    throw syncErrorOf(error) ?? refusedOptions(config.module, error);
  }
}

function refusedOptions(module: string, cause: unknown): ConfigError {
  return new ConfigError(`the adapter ${module} cannot be made: ${messageOf(cause)}; no hit was made`, {
    cause,
    hint: 'Check its part of the config, and what it expects there.',
  });
}

function isDefinition(exported: unknown): exported is AdapterDefinition {
  return (
    typeof exported === 'object' && exported !== null && 'create' in exported && typeof exported.create === 'function'
  );
}

async function wayOut(
  opened: OpenAdapter,
  parts: ThirdPartyParts,
  setting: Setting,
  options: ThirdPartyOptions,
): Promise<ThirdParty['openHttp']> {
  if (options.from === undefined) return throttledWayOut(opened, parts, setting, options);
  const { createFileClient, demandPass } = await import('../../http/saved-answers.ts');
  const saved = createFileClient(resolve(setting.terminal.caller.cwd, options.from));
  return ({ pass: { mode } }) => demandPass(saved, mode);
}

async function throttledWayOut(
  { config, origins }: OpenAdapter,
  { slots, tokens: tokenStore, progress }: ThirdPartyParts,
  { timings, terminal, loaded, hide, config: { adapter } }: Setting,
  { waitMs, save }: ThirdPartyOptions,
): Promise<ThirdParty['openHttp']> {
  const { createWay } = await import('../../http/connection/way.ts');
  const { createRecorder, notePass } = await import('../../http/saved-answers.ts');
  const { createThrottledClient } = await import('../../http/throttled.ts');
  const { key, windows, ...throttle } = config.throttle;
  const recorder = save === undefined ? undefined : await createRecorder(resolve(terminal.caller.cwd, save));
  const { tls, proxy } = config.type === 'singer' ? {} : config;
  const way = createWay(`adapters.${adapter}`, { tls, proxy }, terminal.caller.env);
  const tokens = await openTokens(config, origins, tokenStore);
  const credentials = await openCredentials(config, origins, loaded.dir, terminal.mask);
  return ({ pass: { mode, moved, failures }, targetSlots, refreshTokens, run }) => {
    const options: ThrottledClientOptions = {
      throttle: {
        key,
        windows,
        keepers: targetSlots ? [slots, targetSlots] : [slots],
        waitMs: waitMs ?? throttle.waitMs,
        onWait: (forMs) => progress.waiting(forMs),
      },
      credentials,
      transport: {
        timeoutMs: config.timeoutMs,
        maxBody: config.maxBodyBytes,
        userAgent: `cronsync/${readVersion()}`,
        way,
      },
      run: { ...run, moved, failures, log: terminal.log },
      timings,
      recorder: recorder && notePass(recorder, mode),
    };
    if (tokens === null) return createThrottledClient(options);
    const client = createThrottledClient(tokens.clientOptions(options));
    const requestMs = options.throttle.waitMs + config.timeoutMs + timings.slotReserveMs;
    const token = tokens.askedWith({ client, refreshTokens, signal: run.signal, requestMs, timings, hide });
    return createThrottledClient({ ...options, credentials: { ...credentials, token } });
  };
}

async function openCredentials(
  config: AdapterConfig,
  origins: readonly string[],
  dir: string,
  mask: Mask,
): Promise<CredentialOptions> {
  const { authorizer, credentialsDigest, signer } = await import('../../http/auth.ts');
  const { auth, headers, tls: { cert } = {} } = config.type === 'singer' ? {} : config;
  const add = authorizer(auth, headers);
  const authorize = auth?.type === 'module' ? signer(add, await openSign(auth.module, dir)) : add;
  return { origins, authorize, mask, digest: credentialsDigest(auth, cert) };
}

async function accountOf(config: AdapterConfig, name: string): Promise<string> {
  const { accountDigest } = await import('../../http/auth.ts');
  const { auth, tls: _tls, proxy: _proxy, ...rest } = { auth: undefined, tls: undefined, proxy: undefined, ...config };
  const secrets = [...secretsIn(rest), ...requestSecretsIn({ adapters: { rest } })];
  return accountDigest({ auth, secrets }, name);
}

async function openSign(module: string, dir: string): Promise<Sign> {
  const { importModule } = await import('../../config/modules.ts');
  const sign = await importModule(module, dir);
  if (typeof sign === 'function') return sign as Sign;
  throw new ConfigError(`the module ${module} does not export a function; no hit was made`, {
    hint: 'Its default export takes a request and gives the headers to add.',
  });
}
