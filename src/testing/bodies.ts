import { bytesOf, type PartyAnswer, type PartyFault } from './party.ts';
import type { AdapterSubject } from './subject.ts';

/** The answer, and a connection that breaks within its body. */
export function cutOff(subject: AdapterSubject, first: PartyAnswer): PartyFault {
  return { ...first, body: cutBody(subject, first), connection: 'cut' };
}

/** The answer's body without its end. */
export function cutBody({ cutBody }: AdapterSubject, { body }: PartyAnswer): string | Buffer {
  const bytes = bytesOf(body);
  return cutBody ?? bytes.subarray(0, bytes.length >> 1);
}

/** The longest text of the first record, with a byte in it that UTF-8 does not know. */
export function withoutUtf8({ records }: AdapterSubject, { body }: PartyAnswer): Buffer {
  const bytes = bytesOf(body);
  const texts = Object.values(records[0] ?? {}).filter((value) => typeof value === 'string' && /^\w/.test(value));
  const [longest = ''] = texts.toSorted((a, b) => b.length - a.length);
  const found = bytes.indexOf(longest.slice(0, 2));
  const at = found === -1 ? bytes.length >> 1 : found + 1;
  return Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff]), bytes.subarray(at)]);
}
