import type { HttpClient, HttpRequest, HttpResponse } from '../adapter.ts';
import { crashPoint } from '../crash.ts';
import { CredentialsError, ProtocolError } from '../errors.ts';
import type { Mask } from '../excerpt.ts';
import type { Log } from '../log.ts';
import { freesAfterMs, keptForm, type Limits, type SlotKeeper } from '../throttle.ts';
import type { Timings } from '../timings.ts';
import { type Client, type ClientOptions, loadClient } from './client.ts';
import { Line, type LineOptions } from './connection/line.ts';
import { excerptOf } from './excerpt.ts';
import { followMoved } from './moved.ts';
import type { AccessToken } from './oauth/token-source.ts';
import { lateness, Steps, takeReadySlot } from './ready-slot.ts';
import type { Recorder } from './saved-answers.ts';
import { type Slot, takeSlot } from './take-slot.ts';
import { throttleKeyIn, throttleKeyOf } from './throttle-key.ts';
import { placeOf } from './translate.ts';
import { isPage, judge, type VerdictOptions } from './verdict.ts';

/** How often hits may leave, and who keeps count. */
export interface ThrottleOptions {
  /** The throttle key; by default made from the host of each request. */
  readonly key?: string | undefined;
  readonly windows: readonly Limits[];
  /** Asked in this order: Redis first, then the target's guard. A hit needs all of them. */
  readonly keepers: readonly SlotKeeper[];
  /** How long a request may wait for its slot. */
  readonly waitMs: number;
  /** Called before each wait for a slot. */
  readonly onWait?: ((waitMs: number) => void) | undefined;
}

/** Who we are to the third party, and where that may be shown. */
export interface CredentialOptions {
  /** The adapter's own origins: nothing is ever sent anywhere else. */
  readonly origins: readonly string[];
  /** Adds the credentials; called last, so that no URL that an adapter sees contains them. */
  readonly authorize: (request: HttpRequest) => HttpRequest | Promise<HttpRequest>;
  /** Replaces the credentials, and all other secrets, in what the third party is quoted with. */
  readonly mask: Mask;
  /** Identifies the credentials without revealing them: a back-off for refused ones ends when this changes. */
  readonly digest: string;
  /** The source of the access token, if there is one: asked before a slot is taken, since it may need one itself. */
  readonly token?: { get(): Promise<AccessToken>; drop(token: AccessToken): Promise<void> } | undefined;
}

/** What the client must know of the run, and what it reports to it. */
export interface RunOptions {
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Whether the lease is trusted: asked when the connection stands, right before the request is written. */
  readonly mayStillSend: () => boolean;
  /** Permanent redirects that were remembered, from URL to URL, both without a query. */
  readonly moved: Readonly<Record<string, string>>;
  /** Consecutive failures so far: the exponent of a back-off. */
  readonly failures: number;
  /** Called for each request, when it leaves. */
  readonly onHit?: (() => void) | undefined;
  /** Called after each wait for a slot, also after one in vain. */
  readonly onSlot?: ((tookMs: number) => void) | undefined;
  /** Called with the status of each answer; null: none came. */
  readonly onAnswer?: ((status: number | null) => void) | undefined;
}

export interface ThrottledClientOptions {
  readonly throttle: ThrottleOptions;
  readonly credentials: CredentialOptions;
  readonly transport: Omit<ClientOptions, 'signal'> & Pick<LineOptions, 'way'>;
  readonly run: RunOptions;
  readonly timings: Pick<Timings, 'slotReserveMs' | 'backOffCapMs' | 'retryAfterCapMs' | 'credentialsBackOffMs'>;
  /** Statuses that are an answer to whoever asks, beside those of a page. */
  readonly answers?: ReadonlySet<number>;
  /** Saves each answer. */
  readonly recorder?: Recorder | undefined;
}

/**
 * The only way out to the third party (docs/protocol.md section 5). One request is:
 *
 * 1. Choose where it goes: apply permanent redirects, refuse any origin but the adapter's own.
 * 2. Take a slot of every keeper, waiting for it, or throw `ThrottledError`; and connect.
 * 3. Right before the first byte, check again that the lease is trusted and the slot fresh, or cancel.
 * 4. Send exactly one request.
 * 5. When the headers are in, settle the slot at every keeper. Without an answer the reservation stands; if certainly
 *    nothing was sent, cancel it.
 * 6. Judge status and headers: a page, or an error, and perhaps a back-off for everybody.
 */
export function createThrottledClient(options: ThrottledClientOptions): HttpClient {
  const { throttle, credentials, transport, run, timings, recorder } = options;
  const reserveMs = transport.timeoutMs + timings.slotReserveMs;
  const { slotReserveMs } = timings;
  const slotOptions = { ...throttle, ...run, reserveMs, slotReserveMs, credentialsDigest: credentials.digest };
  const { shortest } = keptForm(throttle.windows);
  const settledMs = freesAfterMs(shortest);
  let loading: Promise<Client> | undefined;

  return {
    async request(asked) {
      const moved = { ...asked, url: followMoved(asked.url, run.moved) };
      const request = recorder ? withoutConditions(moved) : moved;
      demandOwnOrigin(request.url, credentials.origins);
      const token = await credentials.token?.get();
      const key = throttle.key ?? throttleKeyOf(request.url);
      using line = new Line(request.url, { ...transport, signal: run.signal });
      const steps = new Steps();
      const slot = await takeReadySlot(key, line, steps, slotOptions);
      loading ??= loadClient({ ...transport, signal: run.signal });
      const response = await send({ request, token }, { slot, line, steps, client: loading }, options);
      crashPoint('headers-in');
      await slot.settle(settledMs);
      crashPoint('slot-settled');
      const saved = recorder ? await recorder.save(response) : response;
      if (response.status === 401 && token) await refuseToken(response, token, credentials);
      return accept({ request, token }, saved, slot, options);
    },

    async takeSlot(account) {
      const key = throttle.key ?? throttleKeyIn(account);
      const steps = new Steps();
      const slot = await steps.time('taking the slot', () => takeSlot(key, slotOptions));
      crashPoint('slot-taken');
      const reason = lateness(slot, steps, slotOptions);
      if (reason) {
        await slot.cancel();
        throw reason;
      }
      run.onHit?.();
      return { settle: () => slot.settle(settledMs), cancel: () => slot.cancel() };
    },
  };
}

interface Sending {
  readonly request: HttpRequest;
  readonly token: AccessToken | undefined;
}

/** A saved answer must be a page, and a 304 is not one: nothing is asked conditionally. */
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

/** A stored token may have been withdrawn: the next run asks for another one, and nobody is kept away meanwhile. */
async function refuseToken(response: HttpResponse, token: AccessToken, { token: source }: CredentialOptions) {
  await source?.drop(token);
  if (token.isNew) return;
  await excerptOf(response, plainly);
  throw new CredentialsError(`${placeOf(response.url)} refused the access token (401); nothing was written`, {
    status: 401,
    hint: 'The next run asks for another one.',
  });
}

/** What a request leaves with. */
interface Leave {
  readonly slot: Slot;
  readonly line: Line;
  readonly steps: Steps;
  readonly client: Promise<Client>;
}

async function send(
  { request, token }: Sending,
  { slot, line, steps, client: loading }: Leave,
  { credentials, run, timings }: Pick<ThrottledClientOptions, 'credentials' | 'run' | 'timings'>,
): Promise<HttpResponse> {
  let hasLeft = false;
  const beforeSend = () => {
    const reason = lateness(slot, steps, { ...run, ...timings });
    if (reason) throw reason;
    hasLeft = true;
    run.onHit?.();
  };
  try {
    const client = await steps.time('loading the HTTP library', () => loading);
    const authorized = await steps.time('signing the request', async () => credentials.authorize(request));
    const bearer = token && { authorization: `Bearer ${token.text}` };
    const headers = { ...authorized.headers, ...bearer };
    const response = await client({ ...authorized, headers }, line.take(), beforeSend);
    run.onAnswer?.(response.status);
    return { ...response, url: request.url };
  } catch (error) {
    if (hasLeft) run.onAnswer?.(null);
    else await slot.cancel();
    throw error;
  }
}

/** Returns the answer if it may be a page; else throws, after a back-off for everybody was stored if there is one. */
async function accept(
  { request }: Sending,
  response: HttpResponse,
  slot: Slot,
  options: ThrottledClientOptions,
): Promise<HttpResponse> {
  const { status, headers } = response;
  if (options.answers?.has(status)) return response;
  const excerpt = isPage(status) ? '' : await excerptOf(response, options.credentials.mask);
  const { error, defer } = judge({ request, status, headers, excerpt }, verdictOptions(options));
  if (defer) await slot.defer(defer.forMs, defer.cause);
  if (error) throw error;
  options.run.log.debug(`${placeOf(request.url)} answered ${status}`);
  return response;
}

/** For a body that nobody will see. */
const plainly: Mask = (text) => text;

function verdictOptions({ timings, throttle, credentials, run }: ThrottledClientOptions): VerdictOptions {
  return {
    ...timings,
    perMs: keptForm(throttle.windows).shortest.perMs,
    credentialsDigest: credentials.digest,
    failures: run.failures,
    random: Math.random(),
    now: Date.now(),
  };
}
