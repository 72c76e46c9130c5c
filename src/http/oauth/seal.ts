import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const version = 'v1';
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts a secret with the first key (AES-256-GCM): `v1.<nonce>.<tag and ciphertext>`. It can be decrypted for the same
 * `context` only, so that nobody puts it into another row.
 */
export function seal(secret: string, [key = '']: readonly string[], context: string): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, derived(key), nonce).setAAD(Buffer.from(context));
  const encrypted = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return [
    version,
    nonce.toString('base64url'),
    Buffer.concat([cipher.getAuthTag(), encrypted]).toString('base64url'),
  ].join('.');
}

/** Decrypts with the first key that fits; null if none does. */
export function unseal(sealed: string, keys: readonly string[], context: string): string | null {
  const [written, nonce = '', rest = ''] = sealed.split('.');
  if (written !== version) return null;
  const body = Buffer.from(rest, 'base64url');
  for (const key of keys) {
    try {
      const decipher = createDecipheriv(algorithm, derived(key), Buffer.from(nonce, 'base64url'), {
        authTagLength: tagBytes,
      });
      decipher.setAAD(Buffer.from(context)).setAuthTag(body.subarray(0, tagBytes));
      return decipher.update(body.subarray(tagBytes), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      // Another key may fit.
    }
  }
  return null;
}

/** 32 bytes of any text (RFC 5869). The text is a long random one, so it needs no slow derivation. */
function derived(key: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', 'cronsync refresh token', 32));
}
