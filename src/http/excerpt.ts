import type { HttpResponse } from '../adapter.ts';

const longest = 200;

/** The start of a body on one line, for a message, without this secret; empty if it cannot be read. Ends the connection. */
export async function excerptOf({ body }: HttpResponse, secret = ''): Promise<string> {
  let start = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of body) {
      start += decoder.decode(chunk, { stream: true });
      if (start.length > longest) break;
    }
  } catch {
    // The status says what went wrong; a body that breaks off adds nothing to it.
  }
  const masked = secret === '' ? start : start.replaceAll(secret, '[redacted]');
  const line = masked.replace(/\s+/g, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}
