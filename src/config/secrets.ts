import { isObject } from './schema/objects.ts';

const secretName =
  /(^|[^a-z])(token|secret|password|passwd|passphrase|pass|pwd|pat|authorization|cookie|credentials?|assertion)s?$|(api|access|private|secret|auth|signing|account|encryption|token)[-_]?key$/i;

/** Whether the name of a variable, field, header or parameter says that its value is a secret. */
export function isSecretName(name: string): boolean {
  if (name === 'PWD') return false;
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1_$2');
  return secretName.test(words) || /_(TOKEN|SECRET|PASSWORD|KEY|AUTH)(_|$)/.test(name);
}

/** Parts of the config that describe data and hold no secrets, whatever their fields are called. */
const plainParts: ReadonlySet<string> = new Set(['map', 'schema', 'pagination', 'records', 'total', 'throttle']);

/** Finds the secrets in the config: by the names of fields, in `auth`, and in URLs. */
export function secretsIn(config: unknown): string[] {
  const secrets: string[] = [];

  const walk = (value: unknown, key: string, isAuth: boolean): void => {
    if (typeof value === 'string') secrets.push(...secretsOf(value, isAuth ? isSecretOfAuth(key) : isSecretName(key)));
    if (Array.isArray(value)) for (const element of value) walk(element, key, isAuth);
    if (!isObject(value)) return;
    secrets.push(...basicOf(value.username, value.password));
    if (typeof value.clientId === 'string' && typeof value.clientSecret === 'string') {
      secrets.push(...basicOf(encodeURIComponent(value.clientId), encodeURIComponent(value.clientSecret)));
    }
    for (const [name, member] of Object.entries(value)) {
      const isPrivateKey = key === 'tls' && name === 'key';
      if (!plainParts.has(name)) walk(member, isPrivateKey ? 'privateKey' : name, isAuth || name === 'auth');
    }
  };

  walk(config, '', false);
  return secrets.filter((secret) => secret !== '');
}

/** The credentials as the scheme Basic sends them (RFC 7617; of a client of OAuth, RFC 6749 section 2.3.1). */
function basicOf(user: unknown, password: unknown): string[] {
  if (typeof user !== 'string' || typeof password !== 'string') return [];
  return [Buffer.from(`${user}:${password}`).toString('base64')];
}

function isSecretOfAuth(key: string): boolean {
  return key === 'value' || isSecretName(key);
}

function secretsOf(text: string, isSecret: boolean): string[] {
  if (!isSecret) return secretsOfUrl(text);
  const [, credentials] = /^\w+ (\S+)$/.exec(text) ?? [];
  return credentials === undefined ? [text] : [text, credentials];
}

function secretsOfUrl(text: string): string[] {
  // A database's URL may leave its host to a parameter.
  const whole = text.replace('@/', '@localhost/');
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? (URL.parse(text) ?? URL.parse(whole)) : null;
  if (url === null) return [];
  const parameters = [...url.searchParams].filter(([name]) => isSecretName(name)).map(([, value]) => value);
  return [url.password, unescaped(url.password), ...parameters];
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
