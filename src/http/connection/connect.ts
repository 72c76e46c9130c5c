import { type ClientRequestArgs, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, TLSSocket } from 'node:tls';
import type { Tls } from '../../tls.ts';
import { addressOf, type HttpProxy, hostOf, portOf } from './proxy.ts';
import { TimeoutError } from './timeout.ts';
import { openTunnel } from './tunnel.ts';

/** How connections leave for other servers. */
export interface Way {
  readonly tls?: Tls | undefined;
  /** The proxy for a URL; null is a direct connection. */
  readonly proxyFor?: (url: URL) => HttpProxy | null;
}

/** As `connect`, with a time limit: throws `TimeoutError` when it has passed. */
export async function connectInTime(
  url: URL,
  way: Way,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Socket> {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    return await connect(url, way, AbortSignal.any([signal, late]));
  } catch (error) {
    signal.throwIfAborted();
    if (!late.aborted) throw error;
    const proxy = way.proxyFor?.(url);
    const through = proxy ? ` through the proxy ${addressOf(proxy)}` : '';
    throw new TimeoutError(timeoutMs, `the connection${through} did not stand`);
  }
}

/**
 * Connects to the host of a URL, through a proxy if there is one for it, and encrypts the connection for https. Every URL
 * goes through a tunnel: a proxy that is handed a request may send it twice (RFC 9110 section 9.2.2), and one that carries
 * bytes cannot. No byte of a request is written here. Throws the reason of the signal, `ProxyError`, or an error of Node.
 */
async function connect(url: URL, { tls, proxyFor }: Way, signal: AbortSignal): Promise<Socket> {
  const proxy = proxyFor?.(url) ?? null;
  const tunnel = proxy && (await openTunnel(url, proxy, signal));
  if (tunnel && url.protocol === 'http:') return keepQuiet(tunnel);
  const host = hostOf(url);
  const isSecure = url.protocol === 'https:';
  const agent = isSecure ? new HttpsAgent() : new HttpAgent();
  const options: ConnectionOptions & ClientRequestArgs = {
    ...(tunnel ? { socket: tunnel } : { host, port: portOf(url) }),
    ...(isSecure && { servername: isIP(host) === 0 ? host : '', ...given(tls) }),
  };
  // No connection is reused: one that the server is just closing would cost a hit.
  return standing(agent.createConnection(options) as Socket, signal);
}

/** Without the members that are undefined: Node would take them instead of its defaults. */
function given(tls: Tls = {}): ConnectionOptions {
  return Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
}

/** A connection that breaks while nobody uses it must not end the process. */
function keepQuiet(socket: Socket): Socket {
  return socket.on('error', () => {});
}

function standing(socket: Socket, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const abort = () => socket.destroy(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    // Stays, for the reason of `keepQuiet`.
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
      signal.removeEventListener('abort', abort);
      resolve(socket);
    });
  });
}
