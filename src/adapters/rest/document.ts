import { isUtf8 } from 'node:buffer';
import type { HttpResponse } from '../../adapter.ts';
import { messageOf, ProtocolError } from '../../errors.ts';
import { parseJson } from '../../json.ts';

/** Reads a whole body. */
export async function readBody(response: HttpResponse): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The JSON document that a body is. Throws `ProtocolError`, which says what arrived instead. */
export function documentIn(bytes: Buffer, response: HttpResponse): unknown {
  if (!isUtf8(bytes)) throw noPage(response, 'bytes that are not UTF-8');
  const text = new TextDecoder().decode(bytes);
  try {
    return parseJson(text);
  } catch (error) {
    throw noPage(response, whatCame(text, response, error), error);
  }
}

function noPage({ status, url }: HttpResponse, came: string, cause?: unknown): ProtocolError {
  return new ProtocolError(
    `${url.origin}${url.pathname} answered ${came} with status ${status}, not JSON; nothing of this page was written`,
    {
      hint: 'Save the answer with "--save FILE" and look at it. It may be a login page, or the path may be wrong.',
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

function whatCame(text: string, { headers }: HttpResponse, error: unknown): string {
  const start = text.trimStart();
  if (start === '') return 'an empty body';
  if (start.startsWith('<')) return headers['content-type']?.includes('xml') ? 'XML' : 'HTML';
  return `broken JSON (${messageOf(error)})`;
}
