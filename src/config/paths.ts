import { resolve } from 'node:path';
import { isModulePath, resolveModule } from './modules.ts';
import type { AdapterConfig, Config, ListenerConfig } from './schema/schema.ts';

/** Makes the config's paths absolute: they are relative to its own folder, wherever cron starts the run. */
export function resolvePaths(config: Config, dir: string): Config {
  return {
    ...config,
    target: resolveTarget(config.target, dir),
    redis: resolveLogin(config.redis, dir),
    adapters: mapMembers(config.adapters, (adapter) => resolveAuth(resolveAdapter(adapter, dir), dir)),
    listeners: mapMembers(config.listeners, (listener) => resolveListener(listener, dir)),
  };
}

function resolveTarget(target: Config['target'], dir: string): Config['target'] {
  return target.type === 'sqlite' ? { ...target, file: resolve(dir, target.file) } : resolveLogin(target, dir);
}

function resolveLogin<Part extends { readonly auth?: { module: string } }>(part: Part, dir: string): Part {
  return part.auth ? { ...part, auth: { module: resolveModule(part.auth.module, dir) } } : part;
}

function resolveAdapter(adapter: AdapterConfig, dir: string): AdapterConfig {
  if (adapter.type === 'module')
    return {
      ...adapter,
      module: resolveModule(adapter.module, dir),
      resources: resolveTransforms(adapter.resources, dir),
    };
  if (adapter.type === 'rest') return { ...adapter, resources: resolveTransforms(adapter.resources, dir) };
  if (adapter.type === 'singer') return resolveTap(adapter, dir);
  const resources = mapMembers(resolveTransforms(adapter.resources, dir), (resource) => {
    return resource.path === undefined || resource.path === '-'
      ? resource
      : { ...resource, path: resolve(dir, resource.path) };
  });
  return { ...adapter, resources };
}

function resolveTransforms<Resource extends { readonly transform?: string }>(
  resources: Readonly<Record<string, Resource>>,
  dir: string,
): Record<string, Resource> {
  return mapMembers(resources, (resource) => {
    return resource.transform === undefined
      ? resource
      : { ...resource, transform: resolveModule(resource.transform, dir) };
  });
}

function resolveAuth(adapter: AdapterConfig, dir: string): AdapterConfig {
  if (!('auth' in adapter) || adapter.auth?.type !== 'module') return adapter;
  return { ...adapter, auth: { ...adapter.auth, module: resolveModule(adapter.auth.module, dir) } };
}

function resolveTap(adapter: AdapterConfig & { type: 'singer' }, dir: string): AdapterConfig {
  const { config, catalog } = adapter;
  return {
    ...adapter,
    resources: resolveTransforms(adapter.resources, dir),
    command: resolveCommand(adapter.command, dir),
    ...(typeof config === 'string' && { config: resolve(dir, config) }),
    ...(typeof catalog === 'string' && { catalog: resolve(dir, catalog) }),
  };
}

function resolveListener(listener: ListenerConfig, dir: string): ListenerConfig {
  if (listener.type === 'module') return { ...listener, module: resolveModule(listener.module, dir) };
  if (listener.type !== 'exec') return listener;
  return { ...listener, command: resolveCommand(listener.command, dir) };
}

function resolveCommand([program = '', ...args]: readonly string[], dir: string): string[] {
  return [isModulePath(program) ? resolve(dir, program) : program, ...args];
}

function mapMembers<Value>(
  members: Readonly<Record<string, Value>>,
  change: (value: Value) => Value,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, change(value)]));
}
