import { STATUS_CODES } from 'node:http';
import type { HttpRequest } from '../adapter.ts';
import {
  type BackOffCause,
  CredentialsError,
  ExitCode,
  MovedError,
  ProtocolError,
  type SyncError,
  ThirdPartyError,
} from '../errors.ts';
import { askedAfterSuccessMs, askedMs, type BackOffBounds, backOffMs } from './back-off.ts';
import type { Headers } from './rate-limit.ts';
import { placeOf } from './translate.ts';

/** What an answer's status and headers mean. */
export interface Verdict {
  /** Null: this may be a page. */
  readonly error: SyncError | null;
  /** How long everybody who shares the throttle key stays away. */
  readonly defer: { readonly forMs: number; readonly cause: BackOffCause } | null;
}

export interface Answer {
  readonly request: HttpRequest;
  readonly status: number;
  readonly headers: Headers;
  /** The start of the body of an answer that is not a page, without secrets. */
  readonly excerpt: string;
}

export interface VerdictOptions extends BackOffBounds {
  readonly credentialsBackOffMs: number;
  readonly credentialsDigest: string;
  /** Consecutive failures so far. */
  readonly failures: number;
  /** In [0, 1). */
  readonly random: number;
  /** Milliseconds since the epoch, for an answer without a date of its own. */
  readonly now: number;
}

/** Judges an answer (docs/protocol.md section 5, steps 5 and 8). Pure. */
export function judge(answer: Answer, options: VerdictOptions): Verdict {
  const { status, headers } = answer;
  if (isPage(status)) return { error: null, defer: quotaUsedUp(answer, options) };
  const asked = askedMs(headers, options.now, options);
  if (status === 429 || status === 503 || (status === 403 && asked !== undefined))
    return tooMany(answer, asked, options);
  if (status === 401 || status === 403) return refused(answer, options);
  if (status >= 500) return { error: failed(answer, 'resource'), defer: null };
  if (status >= 300 && status < 400) return redirected(answer, asked);
  if (status >= 200 && status < 300) return { error: noWholePage(answer), defer: quotaUsedUp(answer, options) };
  return { error: unexpected(answer), defer: null };
}

/** 200 and 203 bring what was asked for, 204 and 304 nothing. Any other success is less than that, or something else. */
const pages: ReadonlySet<number> = new Set([200, 203, 204, 304]);

export function isPage(status: number): boolean {
  return pages.has(status);
}

/** This is not a failure: a run that finds the key deferred because of it is simply early. */
function quotaUsedUp({ headers, request }: Answer, options: VerdictOptions): Verdict['defer'] {
  const forMs = askedAfterSuccessMs(headers, options.now, options);
  if (forMs === undefined) return null;
  return {
    forMs,
    cause: {
      exitCode: ExitCode.ok,
      message: `${request.url.host} says that no requests are left for now; no hit was made`,
    },
  };
}

function tooMany(answer: Answer, asked: number | undefined, options: VerdictOptions): Verdict {
  const error = failed(answer, 'key');
  const forMs = asked ?? backOffMs(options.failures, options.random, options);
  return { error, defer: { forMs, cause: { exitCode: error.exitCode, message: error.message } } };
}

function refused(answer: Answer, { credentialsBackOffMs, credentialsDigest }: VerdictOptions): Verdict {
  const error = new CredentialsError(
    `${placeOf(answer.request.url)} refused our credentials (${answer.status})${quoted(answer)}; nothing of this page was written`,
    {
      status: answer.status,
      hint: 'Check the credentials in the config. Changed ones are tried at once.',
    },
  );
  const cause = { exitCode: error.exitCode, message: error.message, credentials: credentialsDigest };
  return { error, defer: { forMs: credentialsBackOffMs, cause } };
}

function failed(answer: Answer, backsOff: 'resource' | 'key'): ThirdPartyError {
  return new ThirdPartyError(
    `${placeOf(answer.request.url)} answered ${answer.status}${quoted(answer)}; nothing of this page was written`,
    {
      backsOff,
      status: answer.status,
      hint: 'A later run tries again, once the back-off is over.',
    },
  );
}

function redirected(answer: Answer, asked: number | undefined): Verdict {
  const error = redirection(answer);
  if (asked === undefined) return { error, defer: null };
  return { error, defer: { forMs: asked, cause: { exitCode: error.exitCode, message: error.message } } };
}

function redirection({ request, status, headers }: Answer): ProtocolError {
  const from = placeOf(request.url);
  const location = headers.location ?? '';
  const to = URL.canParse(location, request.url.href) ? new URL(location, request.url) : undefined;
  const isForGood = status === 308 || (status === 301 && (request.method ?? 'GET') === 'GET');
  if (to && isForGood && to.origin === request.url.origin && placeOf(to) !== from)
    return new MovedError(from, placeOf(to));
  const target = to ? ` to ${placeOf(to)}` : '';
  return new ProtocolError(
    `${from} answered with a redirect (${status})${target}, which is not followed; nothing of this page was written`,
    {
      status,
      hint: "If the API is there now, change the adapter's URL.",
    },
  );
}

/** What a success that is not a page means (RFC 9110 section 15.3, RFC 3229 section 10.4.1), and what to do about it. */
const successes: Readonly<Record<number, { readonly means: string; readonly hint: string }>> = {
  201: { means: 'it has made something, which is not a list of what there is', hint: readOnly() },
  202: {
    means: 'it has not made its answer yet',
    hint: 'A later run asks again. If the API makes a report, wait for it in an adapter module.',
  },
  205: { means: 'it has nothing to show', hint: readOnly() },
  206: {
    means: 'this is only a part of what there is',
    hint: 'Read the parts as pages: set `pagination`, and remove a `Range` header.',
  },
  226: { means: 'this is a difference to an earlier answer', hint: 'Remove the `A-IM` header.' },
};

function readOnly(): string {
  return "Check the adapter's URL, and whether this request only reads.";
}

function noWholePage({ request, status, headers }: Answer): ProtocolError {
  const range = headers['content-range'];
  const name = [STATUS_CODES[status], range].filter(Boolean).join(', ');
  const { means, hint } = successes[status] ?? { means: 'this is not a list of what there is', hint: readOnly() };
  return new ProtocolError(
    `${placeOf(request.url)} answered ${status}${name && ` (${name})`}: ${means}; nothing of this page was written`,
    { status, hint },
  );
}

/** What the body says of the status. */
function quoted({ excerpt }: Answer, otherwise = ''): string {
  return excerpt === '' ? otherwise : ` with: ${excerpt}`;
}

function unexpected(answer: Answer): ProtocolError {
  const { request, status } = answer;
  const body = quoted(answer, ' without a body');
  return new ProtocolError(`${placeOf(request.url)} answered ${status}${body}; nothing of this page was written`, {
    status,
    hint:
      status === 404
        ? "Check the adapter's URL and the resource's path."
        : "Check what this request needs in the API's documentation.",
  });
}
