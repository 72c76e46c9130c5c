import type { HttpClient, HttpRequest, HttpResponse } from '../adapter.ts';
import { crashPoint } from '../crash.ts';
import { CredentialsError, LeaseLostError, ProtocolError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Limits, SlotKeeper } from '../throttle.ts';
import type { Timings } from '../timings.ts';
import { type Client, loadClient } from './client.ts';
import { excerptOf } from './excerpt.ts';
import { followMoved } from './moved.ts';
import type { AccessToken } from './oauth.ts';
import type { Recorder } from './recording.ts';
import { type Slot, type SlotOptions, takeSlot } from './take-slot.ts';
import { throttleKeyIn, throttleKeyOf } from './throttle-key.ts';
import { placeOf } from './translate.ts';
import { isPage, judge, type Verdict } from './verdict.ts';

export interface ThrottledClientOptions {
  /** The throttle key; by default made from the host of each request. */
  readonly key?: string | undefined;
  readonly limits: Limits;
  /** Asked in this order: Redis first, then the target's guard. A hit needs all of them. */
  readonly keepers: readonly SlotKeeper[];
  /** The adapter's own origins: nothing is ever sent anywhere else. */
  readonly origins: readonly string[];
  /** Adds the credentials; called last, so that they are in no URL that an adapter sees. */
  readonly authorize: (request: HttpRequest) => HttpRequest | Promise<HttpRequest>;
  /** Where the access token comes from, if there is one: asked before a slot is taken, since it may need one itself. */
  readonly token?: { get(): Promise<AccessToken>; drop(token: AccessToken): Promise<void> } | undefined;
  readonly credentialsDigest: string;
  readonly timeoutMs: number;
  readonly maxBody: number;
  readonly waitMs: number;
  readonly marginMs: number;
  readonly userAgent: string;
  readonly timings: Pick<Timings, 'slotReserveMs' | 'backOffCapMs' | 'retryAfterCapMs' | 'credentialsBackOffMs'>;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Whether the lease is trusted: asked when the connection stands, right before the request is written. */
  readonly mayStillSend: () => boolean;
  /** Permanent redirects that were remembered, from URL to URL, both without a query. */
  readonly moved: () => Readonly<Record<string, string>>;
  /** Failures in a row so far. */
  readonly failures: () => number;
  /** Called before each wait for a slot. */
  readonly onWait?: ((waitMs: number) => void) | undefined;
  /** Called for each request, when it leaves. */
  readonly onHit?: (() => void) | undefined;
  /** Keeps what was answered. */
  readonly recorder?: Recorder | undefined;
}

/**
 * The only way out to the third party (protocol section 5). One request is:
 *
 * 1. where it goes: permanent redirects applied, the adapter's own origins only
 * 2. a slot of every keeper, waited for, or `ThrottledError`
 * 3. the connection; then, right before the first byte, the last check: lease trusted, slot fresh; else cancelled
 * 4. exactly one request
 * 5. headers in: the slot is settled at every keeper. No answer: the reservation stands. Certainly not sent: cancelled
 * 6. the verdict on status and headers: a page, or an error, and perhaps a back-off for everybody
 */
export function createThrottledClient(options: ThrottledClientOptions): HttpClient {
  let loading: Promise<Client> | undefined;

  return {
    async request(asked) {
      const moved = { ...asked, url: followMoved(asked.url, options.moved()) };
      const request = options.recorder ? withoutConditions(moved) : moved;
      demandOwnOrigin(request.url, options.origins);
      const token = await options.token?.get();
      const slot = await takeSlot(options.key ?? throttleKeyOf(request.url), slotOptions(options));
      crashPoint('slot-taken');
      loading ??= loadClient(options);
      const response = await send(request, token, slot, await loading, options);
      crashPoint('headers-in');
      await slot.settle(options.limits.perMs + options.marginMs);
      crashPoint('slot-settled');
      const kept = options.recorder ? await options.recorder.keep(response) : response;
      if (response.status === 401 && token) await refuseKept(response, token, options);
      return act(request, kept, token, slot, options);
    },

    async takeSlot(account) {
      const slot = await takeSlot(options.key ?? throttleKeyIn(account), slotOptions(options));
      crashPoint('slot-taken');
      if (isTooLate(slot, options)) {
        await slot.cancel();
        throw leftTooLate();
      }
      options.onHit?.();
      return { settle: () => slot.settle(options.limits.perMs + options.marginMs), cancel: () => slot.cancel() };
    },
  };
}

/** What is kept is to be a page: 304 is none. */
function withoutConditions({ headers = {}, ...request }: HttpRequest): HttpRequest {
  const isCondition = (name: string) => /^if-(none-match|modified-since)$/i.test(name);
  return { ...request, headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !isCondition(name))) };
}

function demandOwnOrigin(url: URL, origins: readonly string[]): void {
  if (origins.includes(url.origin)) return;
  throw new ProtocolError(
    `a request to ${url.origin} was refused: credentials stay with the adapter's own origin; nothing was sent`,
    {
      hint: "If the API has moved there, change the adapter's URL.",
    },
  );
}

function slotOptions(options: ThrottledClientOptions): SlotOptions {
  return { ...options, reserveMs: options.timeoutMs + options.timings.slotReserveMs };
}

/** A token that was kept may have been withdrawn: the next run asks for another, and nobody is kept away meanwhile. */
async function refuseKept(response: HttpResponse, token: AccessToken, { token: source }: ThrottledClientOptions) {
  await source?.drop(token);
  if (token.isNew) return;
  await excerptOf(response);
  throw new CredentialsError(`${placeOf(response.url)} refused the access token (401); nothing was written`, {
    hint: 'The next run asks for another.',
  });
}

async function send(
  request: HttpRequest,
  token: AccessToken | undefined,
  slot: Slot,
  client: Client,
  options: ThrottledClientOptions,
): Promise<HttpResponse> {
  let hasLeft = false;
  const beforeSend = () => {
    if (isTooLate(slot, options)) throw leftTooLate();
    hasLeft = true;
    options.onHit?.();
  };
  try {
    const authorized = await options.authorize(request);
    const bearer = token && { authorization: `Bearer ${token.text}` };
    const response = await client({ ...authorized, headers: { ...authorized.headers, ...bearer } }, beforeSend);
    return { ...response, url: request.url };
  } catch (error) {
    if (!hasLeft) await slot.cancel();
    throw error;
  }
}

function isTooLate(slot: Slot, { mayStillSend, timings }: ThrottledClientOptions): boolean {
  return !mayStillSend() || slot.ageMs() >= timings.slotReserveMs;
}

function leftTooLate(): LeaseLostError {
  return new LeaseLostError('the run was held up between taking its slot and sending the request; nothing was sent', {
    hint: 'The next run goes on from here.',
  });
}

async function act(
  request: HttpRequest,
  response: HttpResponse,
  token: AccessToken | undefined,
  slot: Slot,
  options: ThrottledClientOptions,
): Promise<HttpResponse> {
  const { status, headers } = response;
  const excerpt = isPage(status) ? '' : await excerptOf(response, token?.text);
  const verdict = judge({ request, status, headers, excerpt }, verdictOptions(options));
  await deferAll(verdict, slot);
  if (verdict.error) throw verdict.error;
  options.log.debug(`${placeOf(request.url)} answered ${status}`);
  return response;
}

async function deferAll({ defer }: Verdict, slot: Slot): Promise<void> {
  if (defer) await slot.defer(defer.forMs, defer.cause);
}

function verdictOptions({ timings, limits, credentialsDigest, failures }: ThrottledClientOptions) {
  return {
    ...timings,
    perMs: limits.perMs,
    credentialsDigest,
    failures: failures(),
    random: Math.random(),
    now: Date.now(),
  };
}
