import { constants, createPrivateKey, type KeyObject, randomUUID, sign } from 'node:crypto';
import { ConfigError } from '../../errors.ts';
import type { Algorithm, Assertion } from './grant.ts';

/** How long an assertion is valid: the least that servers ask for, since it is used at once. */
const lifeSeconds = 180;

interface Signing {
  /** Null: the algorithm has a digest of its own. */
  readonly digest: 'sha256' | null;
  readonly options: Readonly<Record<string, unknown>>;
  readonly key: string;
  readonly fits: (key: KeyObject) => boolean;
}

/** RFC 7518 section 3.1, and RFC 8037 for EdDSA. */
const signings: Readonly<Record<Algorithm, Signing>> = {
  RS256: { digest: 'sha256', options: {}, key: 'an RSA key', fits: isRsa },
  PS256: {
    digest: 'sha256',
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
    key: 'an RSA key',
    fits: (key) => isRsa(key) || key.asymmetricKeyType === 'rsa-pss',
  },
  ES256: {
    digest: 'sha256',
    options: { dsaEncoding: 'ieee-p1363' },
    key: 'a key of the curve P-256',
    fits: ({ asymmetricKeyDetails }) => asymmetricKeyDetails?.namedCurve === 'prime256v1',
  },
  EdDSA: {
    digest: null,
    options: {},
    key: 'an Ed25519 key',
    fits: ({ asymmetricKeyType }) => asymmetricKeyType === 'ed25519',
  },
};

/** A signed assertion of who asks (RFC 7523 section 3), as a compact JWS. Throws `ConfigError` where the key does not fit. */
export function signAssertion(assertion: Assertion, tokenUrl: string, now = Date.now()): string {
  const { issuer, subject, audience = tokenUrl, claims, algorithm, keyId } = assertion;
  const { digest, options } = signings[algorithm];
  const seconds = Math.floor(now / 1000);
  const payload = {
    ...{ iss: issuer, sub: subject, aud: audience, iat: seconds, exp: seconds + lifeSeconds, jti: randomUUID() },
    ...claims,
  };
  const input = `${encoded({ alg: algorithm, typ: 'JWT', kid: keyId })}.${encoded(payload)}`;
  const signature = sign(digest, Buffer.from(input), { key: privateKeyOf(assertion), ...options });
  return `${input}.${signature.toString('base64url')}`;
}

/** The key that signs. Throws `ConfigError` where it cannot be read or does not fit the algorithm. */
export function privateKeyOf({ privateKey, algorithm }: Pick<Assertion, 'privateKey' | 'algorithm'>): KeyObject {
  const key = parsed(privateKey);
  const { fits, key: expected } = signings[algorithm];
  if (key && fits(key)) return key;
  const found = key ? `a key of type ${key.asymmetricKeyType}` : 'something that cannot be read';
  throw new ConfigError(
    `assertion.privateKey must be ${expected} as PEM for ${algorithm}, and is ${found}; no hit was made`,
    {
      hint: 'Read it from a file with "${file:/run/secrets/acme.pem}", and name the algorithm that fits it.',
    },
  );
}

/** A variable often has `\n` where the file has ends of lines. */
function parsed(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem.replaceAll('\\n', '\n'));
  } catch {
    return null;
  }
}

function isRsa({ asymmetricKeyType }: KeyObject): boolean {
  return asymmetricKeyType === 'rsa';
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
