import { type IncomingMessage, request } from 'node:http';
import { request as requestSecurely } from 'node:https';
import type { Socket } from 'node:net';
import { shortened } from '../../excerpt.ts';
import { isOfTls } from '../../tls.ts';
import { addressOf, type HttpProxy, hostOf, portOf } from './proxy.ts';

/** A proxy gave us no way to the server. The message is a clause without what is guaranteed. */
export class ProxyError extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = 'ProxyError';
    this.hint = hint;
  }
}

const longestReason = 80;

/**
 * Has a proxy open a tunnel to the host of a URL (CONNECT, RFC 9110 section 9.3.6). No byte goes through it here, so the
 * server sees a connection and no request. Throws `ProxyError`, or the reason of the signal.
 */
export function openTunnel(to: URL, proxy: HttpProxy, signal: AbortSignal): Promise<Socket> {
  const authority = `${to.hostname}:${portOf(to)}`;
  const { url } = proxy;
  const send = url.protocol === 'https:' ? requestSecurely : request;
  return new Promise((resolve, reject) => {
    const asking = send({
      method: 'CONNECT',
      host: hostOf(url),
      port: portOf(url),
      path: authority,
      agent: false,
      signal,
      headers: { host: authority, connection: 'keep-alive', ...authorization(url) },
    });
    asking.once('connect', (answer, socket, head) => {
      if (Math.floor((answer.statusCode ?? 0) / 100) === 2) {
        // What the server said first belongs to whoever reads next.
        if (head.length > 0) socket.unshift(head);
        return resolve(socket as Socket);
      }
      socket.destroy();
      reject(refused(answer, { authority, proxy }));
    });
    asking.on('error', (error) => reject(signal.aborted ? signal.reason : away(error, proxy)));
    asking.end();
  });
}

function authorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {};
  const credentials = `${decoded(username)}:${decoded(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** A percent sign that begins no escape stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function away(error: Error, proxy: HttpProxy): ProxyError {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
  const message = `the proxy ${addressOf(proxy)} cannot be reached (${code})`;
  const hint = isOfTls(error)
    ? 'Name the authority of its certificate in the variable NODE_EXTRA_CA_CERTS.'
    : `Check ${proxy.setting}, and whether the proxy runs.`;
  return new ProxyError(message, hint);
}

interface Asked {
  readonly authority: string;
  readonly proxy: HttpProxy;
}

function refused({ statusCode = 0, statusMessage = '', headers }: IncomingMessage, { authority, proxy }: Asked) {
  const address = addressOf(proxy);
  // Tinyproxy answers 401 to wrong ones.
  if (statusCode === 407 || statusCode === 401) {
    const does = proxy.url.username === '' ? 'demands a user and a password' : 'refuses our user and password';
    const hint = `Write them into ${proxy.setting}: http://user:password@host:3128.`;
    return new ProxyError(`the proxy ${address} ${does} (${statusCode})`, hint);
  }
  const reason = [headers['x-squid-error'], statusMessage].flat().map((text) => printable(text ?? '').split(' 0')[0]);
  const said = [statusCode, ...reason.filter(Boolean)].join(' ');
  return new ProxyError(
    `the proxy ${address} opened no tunnel to ${authority} (${said})`,
    statusCode === 403 || statusCode === 405
      ? 'The proxy does not allow this host or port: ask whoever runs it.'
      : 'The proxy looks names up and connects by itself: its log has the cause.',
  );
}

function printable(text: string): string {
  return shortened(text.replace(/[^\x20-\x7e]/g, ''), longestReason);
}
