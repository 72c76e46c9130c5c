import type { AdapterSubject } from './subject.ts';
import { bytesOf, type ThirdPartyAnswer, type ThirdPartyFault } from './third-party.ts';

/** The answer, and a connection that breaks within its body. */
export function cutOff(subject: AdapterSubject, first: ThirdPartyAnswer): ThirdPartyFault {
  return { ...first, body: cutBody(subject, first), connection: 'cut' };
}

/** The answer's body without its end. */
export function cutBody({ cutBody }: AdapterSubject, { body }: ThirdPartyAnswer): string | Buffer {
  const bytes = bytesOf(body);
  return cutBody ?? bytes.subarray(0, bytes.length >> 1);
}

/** The answer's body, in which the longest text of the first record has a byte that is not UTF-8. */
export function withoutUtf8({ records }: AdapterSubject, { body }: ThirdPartyAnswer): Buffer {
  const bytes = bytesOf(body);
  const texts = Object.values(records[0] ?? {}).filter((value) => typeof value === 'string' && /^\w/.test(value));
  const [longest = ''] = texts.toSorted((a, b) => b.length - a.length);
  const found = bytes.indexOf(longest.slice(0, 2));
  const at = found === -1 ? bytes.length >> 1 : found + 1;
  return Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff]), bytes.subarray(at)]);
}
