import type { AdapterConfig, Config } from '../../config/schema/schema.ts';
import { throttleKeyOf } from '../../http/throttle-key.ts';

/** The throttle keys whose slots the selected adapter's hits take; none if it reads files. */
export function throttleKeysOf({ adapters, adapter }: Config): string[] {
  const config = adapters[adapter];
  if (!config) return [];
  if (config.throttle.key !== undefined) return [config.throttle.key];
  return [...new Set(urlsOf(config).map((url) => throttleKeyOf(new URL(url))))];
}

function urlsOf(config: AdapterConfig): string[] {
  if ('baseUrl' in config && config.baseUrl !== undefined) return [config.baseUrl];
  return config.type === 'file' ? Object.values(config.resources).flatMap(({ url }) => url ?? []) : [];
}
