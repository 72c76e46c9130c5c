import { createSecureContext } from 'node:tls';
import { ConfigError, messageOf } from '../../errors.ts';
import type { Tls } from '../../tls.ts';
import type { Way } from './connect.ts';
import { type ProxySetting, proxyFor } from './proxy.ts';

/** What an adapter or a listener says about its connections. */
export interface WayOptions {
  readonly tls?: Tls | undefined;
  readonly proxy?: ProxySetting;
}

/**
 * Makes the way of one part of the config, such as `adapters.acme`. Throws `ConfigError` for certificates that cannot be used;
 * the variables of the environment are judged when they are needed.
 */
export function createWay(
  path: string,
  { tls, proxy }: WayOptions,
  env: Readonly<Record<string, string | undefined>>,
): Required<Way> {
  if (tls) demandUsable(tls, path);
  return { tls, proxyFor: (url) => proxyFor(url, proxy, `${path}.proxy`, env) };
}

function demandUsable({ ca, cert, key }: Tls, path: string): void {
  try {
    createSecureContext({ ca, cert, key });
  } catch (error) {
    throw new ConfigError(`${path}.tls cannot be used (${messageOf(error)}); nothing was sent`, {
      hint: 'It needs PEM texts, and the key must belong to the certificate: "${file:/etc/ssl/sync.key}" reads a file.',
      cause: error,
    });
  }
}
