import { redactor } from '../../config/redact.ts';
import type { ListenerConfig } from '../../config/schema/schema.ts';
import { ConfigError } from '../../errors.ts';
import type { DeadLetters, Listener } from '../../listener.ts';
import type { PosterWay } from '../../listeners/post.ts';
import { environmentFor } from '../../program-environment.ts';
import { readVersion } from '../package.ts';
import type { Terminal } from '../terminal.ts';
import type { Setting } from './app.ts';

/** What listeners need beside their config. */
export interface Surroundings {
  /** The config's folder: paths of modules and commands are relative to it. */
  readonly dir: string;
  /** Those of the whole config: no error shows them. */
  readonly secrets: readonly string[];
  /** Names of the resources, to report a handler that would never be called. */
  readonly resources: readonly string[];
  readonly terminal: Pick<Terminal, 'print' | 'isJson'>;
  /** The environment of this process. A command inherits the harmless part of it. */
  readonly env: NodeJS.ProcessEnv;
  /** How long a command may take to end after SIGTERM, before it is killed. */
  readonly graceMs: number;
}

type Of<Type> = Extract<ListenerConfig, { readonly type: Type }>;

/** A command is killed, and gone, well before the daemon stops waiting for its delivery to end. */
const shareOfGrace = 0.4;

export function surroundingsOf({ loaded, config, terminal, timings }: Setting): Surroundings {
  const graceMs = timings.deliveryGraceMs * shareOfGrace;
  const { dir, secrets } = loaded;
  return { dir, secrets, resources: Object.keys(config.resources), terminal, env: terminal.caller.env, graceMs };
}

/** Makes a listener from its config. The caller closes it. Throws `ConfigError` if it could never deliver anything. */
export async function openListener(name: string, config: ListenerConfig, around: Surroundings): Promise<Listener> {
  if (config.type === 'webhook') return openWebhook(name, config, around);
  if (config.type === 'exec') return openExec(name, config, around);
  if (config.type === 'module') return openModule(config, around);
  const { createLogListener } = await import('../../listeners/log.ts');
  const { print, isJson } = around.terminal;
  return createLogListener({ print, isJson });
}

/** The dead letters of this sync. The caller closes them. */
export async function openDeadLetters({ config, timings, logins }: Setting): Promise<DeadLetters & AsyncDisposable> {
  const { name, target } = config;
  if (target.type === 'postgres') {
    const { openPostgresDeadLetters } = await import('../../targets/postgres/state/dead-letters.ts');
    return openPostgresDeadLetters({ ...target, login: logins.target, name, timings });
  }
  const { openSqliteDeadLetters } = await import('../../targets/sqlite/state/dead-letters.ts');
  return openSqliteDeadLetters({ file: target.file, name, timings });
}

async function openWebhook(name: string, config: Of<'webhook'>, around: Surroundings): Promise<Listener> {
  const { secrets, headers, allowPrivate, batch, concurrency } = config;
  const options = {
    name,
    url: new URL(config.url),
    secrets,
    headers,
    allowPrivate,
    userAgent: `cronsync/${readVersion()}`,
    way: await openWay(name, config, around),
    redact: redactor([...around.secrets, ...Object.values(headers)]),
  };
  if (!batch) {
    const { createWebhookListener } = await import('../../listeners/webhook.ts');
    return createWebhookListener(options);
  }
  const { createWebhookBatchListener } = await import('../../listeners/webhook-batch.ts');
  // A batch of all deliveries that can run at once has nothing to wait for.
  return createWebhookBatchListener(options, { ...batch, max: Math.min(batch.max, concurrency) });
}

/** A proxy of the environment was not meant for this listener, and may reach what this machine cannot. */
async function openWay(name: string, config: Of<'webhook'>, { env }: Surroundings): Promise<PosterWay> {
  const { createWay } = await import('../../http/connection/way.ts');
  const { connectInTime } = await import('../../http/connection/connect.ts');
  const url = new URL(config.url);
  const way = createWay(`listeners.${name}`, config, env);
  const proxy = way.proxyFor(url);
  if (proxy === null) return { tls: config.tls };
  if (config.proxy === undefined && !config.allowPrivate) throw unnamedProxy(name, proxy.setting);
  return { connect: (signal) => connectInTime(url, way, { timeoutMs: config.timeoutMs, signal }) };
}

function unnamedProxy(name: string, setting: string): ConfigError {
  return new ConfigError(
    `the listener ${name} would post through the proxy of ${setting}, which looks names up by itself and may reach private addresses`,
    {
      hint: 'Name the proxy in `proxy` of the listener, or write "proxy": "none" there for a direct connection.',
    },
  );
}

async function openExec(name: string, { command, env }: Of<'exec'>, around: Surroundings): Promise<Listener> {
  const { createExecListener } = await import('../../listeners/exec.ts');
  const { dir, graceMs, secrets } = around;
  return createExecListener({
    name,
    command,
    dir,
    env: environmentFor(around.env, env),
    graceMs,
    redact: redactor(secrets),
  });
}

async function openModule({ module, on }: Of<'module'>, { dir, resources }: Surroundings): Promise<Listener> {
  const { importModule } = await import('../../config/modules.ts');
  const { createModuleListener } = await import('../../listeners/module.ts');
  const handlers = await importModule(module, dir);
  return createModuleListener({ module, handlers, on, resources });
}
