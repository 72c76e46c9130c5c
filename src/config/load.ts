import { resolve } from 'node:path';
import * as v from 'valibot';
import { ConfigError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { crossCheck } from './cross-check.ts';
import { type FoundConfig, findConfig } from './find.ts';
import { type Environment, interpolate, type Reference } from './interpolate.ts';
import { hasModule } from './modules.ts';
import { resolvePaths } from './paths.ts';
import { expectationOf, InvalidConfigError, type Problem, pathOf, problemOf } from './problems.ts';
import { redactor } from './redact.ts';
import { requestSecretsIn } from './request-secrets.ts';
import { builtInAdapters } from './schema/adapters.ts';
import { isObject } from './schema/objects.ts';
import { defaultRedisUrl } from './schema/redis.ts';
import { type Config, completeConfig, configSchema } from './schema/schema.ts';
import { isSecretName, secretsIn } from './secrets.ts';
import { shapeOf } from './shape.ts';

export interface LoadOptions {
  /** Where a config is looked for, and what a relative `file` is relative to. */
  readonly cwd: string;
  readonly env: Environment;
  /** The config file. Without it `SYNC_CONFIG` names the file, or else it is looked for. */
  readonly file?: string;
  /** Replaces the config's own `adapter`. */
  readonly adapter?: string;
  /** Finds the folder of the ready adapters; without it there are none. */
  readonly readyAdapters?: () => string;
}

export interface LoadedConfig {
  /** Its paths are absolute. Adapters that are not selected and whose variables are not set are left out. */
  readonly config: Config;
  /** The config file, and its folder: packages that it names are looked for from there. */
  readonly path: string;
  readonly dir: string;
  /** The secrets that `redactor` masks in every output. */
  readonly secrets: readonly string[];
  /** The variables and files that hold the credentials of the selected adapter. */
  readonly credentials: readonly string[];
  /** Digest of what a page of this resource means, with the selected adapter. */
  shapeOf(resource: string): string;
}

/** Finds, reads and checks the config. Throws `ConfigError`; if it could be read, `InvalidConfigError` with all problems together. */
export async function loadConfig({ cwd, env, file, adapter, readyAdapters }: LoadOptions): Promise<LoadedConfig> {
  const found = await findConfig(cwd, file || env.SYNC_CONFIG);
  const { content } = found;
  if (readyAdapters === undefined || !isObject(content) || !mayNeedReady(content, adapter))
    return checkConfig(found, env, adapter);
  const { withReadyAdapters } = await import('./ready.ts');
  const complete = withReadyAdapters(content, adapter ?? content.adapter, readyAdapters());
  return checkConfig({ ...found, content: complete }, env, adapter);
}

/** Whether an adapter has no type, or the selected one is missing: only then the ready adapters are read. */
function mayNeedReady({ adapters, adapter }: Members, selected = adapter): boolean {
  if (!isObject(adapters)) return true;
  const isOwn = (options: unknown) => isObject(options) && options.type !== undefined;
  return !Object.values(adapters).every(isOwn) || !Object.hasOwn(adapters, String(selected));
}

/** Fills in the variables and checks everything. It reads no files except mounted secrets. */
export function checkConfig({ path, dir, content }: FoundConfig, env: Environment, adapter?: string): LoadedConfig {
  if (!isObject(content)) throw new ConfigError(`the config ${path} must be an object; nothing was done`);
  const { value, problems: unset, secrets: marked, references } = fillIn(withChoices(content, adapter), env, dir);
  const credentials = [...marked, ...secretsIn(value)];
  const secrets = [...new Set([...credentials, ...requestSecretsIn(value)])];
  const parsed = v.safeParse(configSchema, value, { message: expectationOf });
  const invalid = (parsed.issues ?? []).map(problemOf);
  const problems = [
    ...unset,
    ...invalid,
    ...crossCheck(value, Object.keys(isObject(content.adapters) ? content.adapters : {})),
    ...missingModules(value, dir),
  ];
  if (!parsed.success || problems.length > 0)
    throw new InvalidConfigError(path, redacted(firstPerPath(problems), secrets));
  const withoutCredentials = redactor(credentials);
  return {
    config: resolvePaths(completeConfig(parsed.output), dir),
    path,
    dir,
    secrets,
    credentials: credentialsAmong(references),
    shapeOf: (resource) => shapeOf(value, resource, { redact: withoutCredentials, dir }),
  };
}

function withChoices(content: Members, adapter: string | undefined): Members {
  const { redis = {} } = content;
  const hasPlace = isObject(redis) && ['url', 'sentinels', 'cluster'].some((place) => Object.hasOwn(redis, place));
  return {
    ...content,
    ...(adapter !== undefined && { adapter }),
    redis: isObject(redis) && !hasPlace ? { url: defaultRedisUrl, ...redis } : redis,
  };
}

type Members = Readonly<Record<string, unknown>>;

/** Fills in the variables. An adapter that is not selected is left out if its variables are missing. */
function fillIn({ adapters, ...rest }: Members, env: Environment, dir: string) {
  const base = interpolate(rest, { env, dir });
  if (!isObject(adapters))
    return {
      ...base,
      references: [],
      value: { ...(base.value as Members), ...(adapters !== undefined && { adapters }) },
    };
  const selected = isObject(base.value) ? base.value.adapter : undefined;
  const filled = Object.entries(adapters).map(([name, options]) => {
    return { name, ...interpolate(options, { env, dir }, ['adapters', name]) };
  });
  const kept = filled.filter(({ name, problems }) => name === selected || problems.length === 0);
  return {
    value: { ...(base.value as Members), adapters: Object.fromEntries(kept.map(({ name, value }) => [name, value])) },
    problems: [...base.problems, ...kept.flatMap(({ problems }) => problems)],
    secrets: [...base.secrets, ...filled.flatMap(({ secrets }) => secrets)],
    references: filled.flatMap(({ name, references }) => (name === selected ? references : [])),
  };
}

/** Whatever stands in `auth` proves who asks, whatever it is called. */
function credentialsAmong(references: readonly Reference[]): readonly string[] {
  const names = references.filter(({ name, path }) => path.includes('auth') || isSecretName(name));
  return [...new Set(names.map(({ name }) => name))];
}

/** Checks that the selected adapter's module exists: a misspelt built-in type looks like the name of a package. */
function missingModules(config: Members, dir: string): readonly Problem[] {
  const { adapter, adapters } = config;
  const { type } =
    isObject(adapters) && isObject(adapters[String(adapter)]) ? (adapters[String(adapter)] as Members) : {};
  if (
    typeof type !== 'string' ||
    type === '' ||
    builtInAdapters.some((builtIn) => builtIn === type) ||
    hasModule(type, dir)
  )
    return [];
  const suggestion = nearest(type, builtInAdapters);
  const expected = `"rest", "file", "singer", or a module that exists (looked for from ${resolve(dir)})`;
  return [
    {
      path: pathOf(['adapters', adapter, 'type']),
      expected,
      found: JSON.stringify(type),
      ...(suggestion !== undefined && { suggestion }),
    },
  ];
}

/** One problem for each path: a second one repeats the first. */
function firstPerPath(problems: readonly Problem[]): readonly Problem[] {
  return problems.filter(({ path }, at) => problems.findIndex((other) => other.path === path) === at);
}

function redacted(problems: readonly Problem[], secrets: readonly string[]): readonly Problem[] {
  const redact = redactor(secrets);
  return problems.map((problem) => ({ ...problem, expected: redact(problem.expected), found: redact(problem.found) }));
}
