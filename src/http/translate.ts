import { ConfigError, messageOf, ProtocolError, SyncError, ThirdPartyError } from '../errors.ts';
import { isOfTls } from '../tls.ts';
import { TimeoutError } from './connection/timeout.ts';
import { ProxyError } from './connection/tunnel.ts';

/** Translates an error of the HTTP library. The original is not kept, since it holds the request's credentials. */
export function translateFailure(error: unknown, url: URL, wasSent: boolean): Error {
  if (error instanceof SyncError) return error;
  const code = codeOf(error);
  if (code.startsWith('ERR_INVALID_') || code === 'ERR_UNESCAPED_CHARACTERS') {
    return new ConfigError(`the request to ${placeOf(url)} cannot be made: ${messageOf(error)}; nothing was sent`);
  }
  if (code.startsWith('HPE_')) return notHttp(error, url, code);
  const guarantee = wasSent ? 'nothing of this page was written' : 'nothing was sent';
  return new ThirdPartyError(`${placeOf(url)} ${complaintOf(error, code, wasSent)}; ${guarantee}`, {
    backsOff: 'resource',
    cause: bare(error),
    hint: hintFor(error, wasSent),
  });
}

function hintFor(error: unknown, wasSent: boolean): string {
  if (error instanceof ProxyError) return error.hint;
  if (isOfTls(error)) return 'Look at `tls` of the adapter: `ca`, `cert`, `key` and `servername`.';
  return wasSent ? 'A later run tries again.' : "Check the adapter's URL, and whether it can be reached from here.";
}

/** Node's parser of HTTP gave up: the answer was not HTTP. */
function notHttp(error: unknown, url: URL, code: string): ProtocolError {
  return new ProtocolError(
    `${placeOf(url)} answered something that is not HTTP (${code}); nothing of this page was written`,
    { cause: bare(error) },
  );
}

/** As `translateFailure`, after the headers arrived: the page is lost. */
export function translateBodyFailure(error: unknown, url: URL): Error {
  if (error instanceof SyncError) return error;
  if (isTimeout(error, codeOf(error))) {
    return new ThirdPartyError(
      `${placeOf(url)} stopped in the middle of the body: ${messageOf(error)}; nothing of this page was written`,
      {
        backsOff: 'resource',
        cause: bare(error),
        hint: 'If such an answer needs more time, raise the timeout of the adapter, or ask for smaller pages.',
      },
    );
  }
  return new ProtocolError(
    `the body from ${placeOf(url)} was cut off or is damaged (${messageOf(error)}); nothing of it was written`,
    {
      cause: bare(error),
    },
  );
}

/** A URL for people, without query and user, which may hold secrets. */
export function placeOf(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

function complaintOf(error: unknown, code: string, wasSent: boolean): string {
  if (error instanceof ProxyError) return `cannot be reached: ${error.message}`;
  if (isTimeout(error, code)) return `did not answer in time: ${messageOf(error)}`;
  return wasSent
    ? `broke off before it answered (${code || messageOf(error)})`
    : `cannot be reached (${code || messageOf(error)})`;
}

function isTimeout(error: unknown, code: string): boolean {
  return error instanceof TimeoutError || code === 'ETIMEDOUT';
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  return typeof code === 'string' && code !== 'ERR_GOT_REQUEST_ERROR' ? code : '';
}

function bare(error: unknown): Error {
  const copy = new Error(messageOf(error));
  copy.name = error instanceof Error ? error.name : 'Error';
  return copy;
}
