import { isHarmlessName } from './request-secrets.ts';
import { isObject } from './schema/objects.ts';
import { secretsIn } from './secrets.ts';

const mark = '[redacted]';

/**
 * A config for people to look at: each secret is replaced where it stands, however short it is. What only may be a secret,
 * such as the value of an unknown header, is replaced as well.
 */
export function withoutSecrets(config: unknown): unknown {
  const walk = (value: unknown, names: readonly string[]): unknown => {
    if (typeof value === 'string') return shown(value, names);
    if (Array.isArray(value)) return value.map((element) => walk(element, names));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, walk(member, [...names, name])]));
  };
  return walk(config, []);
}

function shown(text: string, names: readonly string[]): string {
  const [holder, name = ''] = names.slice(-2);
  const isOfRequest = (holder === 'headers' || holder === 'query') && !isHarmlessName(name);
  if (isOfRequest || isSecretUrl(names)) return mark;
  const around = names.includes('auth') ? 'auth' : holder === 'tls' ? 'tls' : '';
  const nested = { [around]: { [name]: text } };
  return secretsIn(nested)
    .toSorted((a, b) => b.length - a.length)
    .reduce((left, secret) => left.replaceAll(secret, mark), text);
}

/** The environment of a command is for its secrets, and so may be the URL of a webhook. */
function isSecretUrl(names: readonly string[]): boolean {
  return names[0] === 'listeners' && names[2] === 'env';
}
