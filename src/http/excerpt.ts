import type { HttpResponse } from '../adapter.ts';
import { excerpt, type Mask } from '../excerpt.ts';

/** Long enough for whatever white space comes first, and short enough for a body that never ends. */
const mostRead = 16_384;

/** The start of a body on one line, for a message, without secrets; empty if it cannot be read. Ends the connection. */
export async function excerptOf({ body }: HttpResponse, mask: Mask): Promise<string> {
  let start = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of body) {
      start += decoder.decode(chunk, { stream: true });
      if (start.length <= mostRead) continue;
      start = `${start.slice(0, mostRead)}…`;
      break;
    }
  } catch {
    // The status says what went wrong; a body that breaks off adds nothing to it.
  }
  return excerpt(start, mask);
}
