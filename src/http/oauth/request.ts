import type { ClientAuth } from 'oauth4webapi';
import type { HttpClient, HttpResponse } from '../../adapter.ts';
import { ProtocolError, type SyncError } from '../../errors.ts';
import { parseJson } from '../../json.ts';
import { placeOf } from '../translate.ts';
import type { OAuth2 } from './grant.ts';

/** One request for an access token. */
export interface TokenRequest {
  /** The value of `grant_type`. */
  readonly type: string;
  readonly fields: Readonly<Record<string, string>>;
  /** What it means that the server refuses it, with this error code (RFC 6749 section 5.2). */
  readonly refused: (code: string) => SyncError;
}

export interface TokenAnswer {
  readonly text: string;
  readonly lifeMs: number;
  /** The successor of the refresh token; null: the answer has none. */
  readonly refreshToken: string | null;
}

/** One without a lifetime is used for this long. */
const unknownLifeMs = 660_000;
const longestAnswer = 64 * 1024;

/** Requests a token. Throws what `refused` makes of a refusal, and `ProtocolError` where the answer has no token. */
export async function requestToken(auth: OAuth2, request: TokenRequest, http: HttpClient): Promise<TokenAnswer> {
  const oauth = await import('oauth4webapi');
  const url = new URL(auth.tokenUrl);
  const server = { issuer: url.origin, token_endpoint: url.href };
  const client = { client_id: auth.clientId ?? 'nobody' };
  const { scope, params } = auth;
  const fields = { ...(scope !== undefined && { scope }), ...params, ...request.fields };
  try {
    const response = await oauth.genericTokenEndpointRequest(
      server,
      client,
      proofOf(auth, oauth),
      request.type,
      fields,
      {
        [oauth.customFetch]: (_url, { headers, body }) => askBy(http, url, headers, String(body)),
        [oauth.allowInsecureRequests]: true,
      },
    );
    const answer = await oauth.processGenericTokenEndpointResponse(server, client, response);
    const lifeMs = answer.expires_in === undefined ? unknownLifeMs : answer.expires_in * 1000;
    return { text: answer.access_token, lifeMs, refreshToken: answer.refresh_token ?? null };
  } catch (error) {
    if (error instanceof oauth.ResponseBodyError) throw request.refused(error.error);
    const isOfAnswer =
      error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError;
    if (!isOfAnswer) throw error;
    // The error may quote the answer, so the message does not.
    throw new ProtocolError(`${placeOf(url)} answered without an access token that can be used; no page was requested`);
  }
}

/** How the client shows who it is (section 2.3.1). Without an id, the grant itself does. */
function proofOf(
  { clientId, clientSecret, send = 'basic' }: OAuth2,
  oauth: Pick<typeof import('oauth4webapi'), 'None' | 'ClientSecretPost'>,
): ClientAuth {
  if (clientId === undefined) return () => {};
  if (clientSecret === undefined) return oauth.None();
  return send === 'body' ? oauth.ClientSecretPost(clientSecret) : basic(clientId, clientSecret);
}

/** The library also encodes `-`, `.` and `_`, which servers that decode nothing would take for other characters. */
function basic(clientId: string, clientSecret: string): ClientAuth {
  const proof = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64');
  return (_server, _client, _body, headers) => headers.set('authorization', `Basic ${proof}`);
}

/**
 * Sends what the library has made. Of the answer it gets only what is used here: many servers leave out the type of the token,
 * or add what they would have to prove, such as an `id_token`.
 */
async function askBy(
  http: HttpClient,
  url: URL,
  { 'user-agent': _theirs, ...headers }: Readonly<Record<string, string>>,
  body: string,
): Promise<Response> {
  const response = await http.request({ url, method: 'POST', headers, body });
  const answer = await readAnswer(response);
  const refusal = refusalIn(answer, response.status);
  if (refusal !== null) return Response.json({ error: refusal }, { status: 400 });
  const { access_token, token_type, expires_in, refresh_token } = answer;
  return Response.json({
    access_token,
    token_type: typeof token_type === 'string' && !/^bearer/i.test(token_type) ? token_type : 'Bearer',
    expires_in: secondsOf(expires_in),
    refresh_token: textOf(refresh_token),
  });
}

/** The error code of a refusal; null: it is none. Some servers refuse with a success, and some without a code. */
function refusalIn({ access_token, error }: WrittenAnswer, status: number): string | null {
  if (status < 400 && (access_token !== undefined || typeof error !== 'string')) return null;
  return textOf(error) ?? 'without a code';
}

interface WrittenAnswer {
  readonly [name: string]: unknown;
  readonly access_token?: unknown;
  readonly token_type?: unknown;
  readonly expires_in?: unknown;
  readonly refresh_token?: unknown;
  readonly error?: unknown;
}

async function readAnswer({ url, body, status }: HttpResponse): Promise<WrittenAnswer> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > longestAnswer) break;
  }
  try {
    const answer = parseJson(text);
    if (typeof answer === 'object' && answer !== null) return { ...answer };
  } catch {
    // Its content may be a secret, so the message does not show it.
  }
  if (status >= 400) return {};
  throw new ProtocolError(`${placeOf(url)} answered something that is not a JSON object; no page was requested`);
}

/** Some servers write a text, or nothing at all. */
function secondsOf(written: unknown): number | undefined {
  const seconds = written === null || written === '' ? Number.NaN : Number(written);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

function textOf(written: unknown): string | undefined {
  return typeof written === 'string' && written !== '' ? written : undefined;
}
