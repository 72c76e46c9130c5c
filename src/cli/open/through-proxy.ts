import type { WayOptions } from '../../http/connection/way.ts';

/** `, through the proxy proxy.example:3128`; empty for a direct connection. Throws `ConfigError` as `createWay` does. */
export async function throughProxy(
  url: URL,
  path: string,
  options: WayOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const { createWay } = await import('../../http/connection/way.ts');
  const { addressOf } = await import('../../http/connection/proxy.ts');
  const proxy = createWay(path, options, env).proxyFor(url);
  return proxy ? `, through the proxy ${addressOf(proxy)}` : '';
}
