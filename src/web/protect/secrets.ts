import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** Compares two texts in a time that depends on neither. */
export function isSame(a: string, b: string): boolean {
  return timingSafeEqual(digestOf(a), digestOf(b));
}

/** Signs a text with a key that is made from a token: whoever has the token can check it, and another token ends it. */
export function sign(text: string, token: string): string {
  const key = hkdfSync('sha256', token, '', 'cronsync page session', 32);
  return createHmac('sha256', Buffer.from(key)).update(text).digest('base64url');
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
