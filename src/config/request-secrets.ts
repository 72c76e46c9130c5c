import { isObject } from './schema/objects.ts';
import { isSecretName } from './secrets.ts';

/** Words in the name of a header or parameter that describe what is asked for, not who asks. */
const harmlessWords: ReadonlySet<string> = new Set([
  ...['accept', 'agent', 'cache', 'charset', 'content', 'encoding', 'language', 'prefer', 'referer', 'type', 'version'],
  ...[
    'page',
    'pages',
    'per',
    'size',
    'limit',
    'offset',
    'count',
    'max',
    'top',
    'skip',
    'start',
    'end',
    'begin',
    'range',
  ],
  ...['since', 'until', 'before', 'after', 'from', 'to', 'date', 'time', 'updated', 'modified', 'created', 'timeout'],
  ...['sort', 'order', 'orderby', 'by', 'direction', 'descending', 'ascending', 'group', 'distinct', 'depth'],
  ...[
    'field',
    'fields',
    'column',
    'columns',
    'select',
    'include',
    'exclude',
    'expand',
    'embed',
    'embedded',
    'with',
    'view',
  ],
  ...['format', 'output', 'style', 'filter', 'where', 'q', 'query', 'search', 'state', 'status', 'active', 'archived'],
  ...['deleted', 'kind', 'category', 'scope', 'mode', 'level', 'lang', 'locale', 'region', 'country', 'currency', 'tz'],
  ...[
    'timezone',
    'unit',
    'units',
    'audience',
    'resource',
    'tenant',
    'organization',
    'organisation',
    'company',
    'workspace',
  ],
]);

/** Whether the name of a header or parameter says that its value may be shown. Any other value may be a secret. */
export function isHarmlessName(name: string): boolean {
  if (isSecretName(name)) return false;
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return words.split(/[^a-z]+/).some((word) => harmlessWords.has(word));
}

/** Parts of the config that do not go into a request of their own. */
const otherParts: ReadonlySet<string> = new Set([
  'map',
  'schema',
  'pagination',
  'records',
  'total',
  'throttle',
  'auth',
]);

type Members = Readonly<Record<string, unknown>>;

/**
 * Finds what may be a secret in the requests that a config asks for: every header and parameter whose name is not harmless,
 * what looks like a secret in the path of a webhook, and the URL of the heartbeat. They are masked in every output. They stay a part of the shape,
 * because they may as well say what is asked for.
 */
export function requestSecretsIn({ adapters, listeners, heartbeat }: Members): readonly string[] {
  const ofWebhooks = Object.values(isObject(listeners) ? listeners : {}).flatMap((listener) => {
    return isObject(listener) && typeof listener.url === 'string' ? secretsOfPath(listener.url) : [];
  });
  const ofHeartbeat = isObject(heartbeat) && typeof heartbeat.url === 'string' ? secretsOfPing(heartbeat.url) : [];
  return [...secretsOfRequests(adapters), ...secretsOfRequests(listeners), ...ofWebhooks, ...ofHeartbeat];
}

function secretsOfRequests(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(secretsOfRequests);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    if (otherParts.has(name)) return [];
    const isNamed = (name === 'headers' || name === 'query') && isObject(member);
    if (isNamed) return textsIn(member);
    const isUrl = typeof member === 'string' && (name === 'path' || /url$/i.test(name));
    return isUrl ? secretsOfParameters(member) : secretsOfRequests(member);
  });
}

function textsIn(named: Members): readonly string[] {
  return Object.entries(named).flatMap(([name, text]) =>
    typeof text === 'string' && text !== '' && !isHarmlessName(name) ? [text] : [],
  );
}

/** The query of a URL, or of a path that is appended to one. */
function secretsOfParameters(text: string): readonly string[] {
  const at = text.indexOf('?');
  if (at === -1) return [];
  return textsIn(Object.fromEntries(new URLSearchParams(text.slice(at))));
}

/** What is not a plain word in the path of a webhook: some receivers know their callers by nothing else. */
function secretsOfPath(url: string): readonly string[] {
  const segments = URL.parse(url)?.pathname.split('/') ?? [];
  return segments.filter((segment) => segment.length >= 20 || (segment.length >= 6 && /[0-9A-Z]/.test(segment)));
}

/** Who knows the URL of a heartbeat can say that all is well. */
function secretsOfPing(url: string): readonly string[] {
  const { searchParams = [] } = URL.parse(url) ?? {};
  return [url, ...secretsOfPath(url), ...[...searchParams].map(([, value]) => value)];
}
