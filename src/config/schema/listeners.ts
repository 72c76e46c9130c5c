import * as v from 'valibot';
import { closed, named } from './objects.ts';
import { duration, flag, httpUrl, integer, oneOf, text, texts } from './scalars.ts';

const common = {
  on: texts('The events that it receives: "customers.deleted", "customers.*", "*".'),
  from: oneOf(
    ['beginning', 'now'],
    'Where a new listener starts: at the oldest event that the stream has, or with the next one.',
  ),
  ordering: v.exactOptional(
    oneOf(['key', 'none'], 'key: in order per key. none: in any order, in every daemon.'),
    'key',
  ),
  shards: v.exactOptional(integer('How many daemons share an ordered listener.'), 1),
  concurrency: v.exactOptional(integer('How many deliveries run at once.'), 8),
  attempts: v.exactOptional(integer('After this many failures an event becomes a dead letter.'), 8),
  timeout: v.exactOptional(duration('How long one delivery may take.'), '30s'),
  onDead: v.exactOptional(
    oneOf(['skip', 'park'], 'After a dead letter, later events of its key go on (skip) or follow it (park).'),
    'skip',
  ),
};

/** Headers that cronsync writes itself: what is sent, and by whom. */
const ownHeader = /^(content-(type|length|encoding)|transfer-encoding|connection|host|idempotency-key|webhook-.*)$/i;

const headerName = v.pipe(
  v.string(),
  v.regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'the name of an HTTP header'),
  v.check((written) => !ownHeader.test(written), 'another header: cronsync writes this one itself'),
);

const headerValue = v.pipe(v.string(), v.regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'a text of one line'));

const secretMessage = 'a secret in base64, with or without whsec_ before it: openssl rand -base64 32 makes one';
const secret = v.pipe(
  v.string(secretMessage),
  v.regex(/^(whsec_)?[A-Za-z0-9+/]{4,}={0,2}$/, secretMessage),
  v.check(isBase64, secretMessage),
);

/** Whether a secret is complete: readers differ in what they drop at the end of one that was cut short. */
function isBase64(written: string): boolean {
  const digits = written.replace(/^whsec_|=+$/g, '');
  return Buffer.from(digits, 'base64').toString('base64').replace(/=+$/, '') === digits;
}

const sizeMessage = 'a whole number from 2 to 1000';

const batch = v.pipe(
  closed({
    max: v.pipe(
      v.number(sizeMessage),
      v.integer(sizeMessage),
      v.minValue(2, sizeMessage),
      v.maxValue(1000, sizeMessage),
      v.description('The most events in one request; never more than "concurrency".'),
    ),
    wait: v.exactOptional(duration('How long the first event of a batch waits for others.'), '20ms'),
  }),
  v.description('Posts events of several keys in one request, as a CloudEvents batch.'),
  v.transform(({ max, wait: waitMs }) => ({ max, waitMs })),
);

const webhook = v.pipe(
  closed({
    type: v.literal('webhook'),
    url: httpUrl('Where the event is posted.'),
    secret: v.exactOptional(
      v.pipe(
        v.union([secret, v.pipe(v.array(secret), v.nonEmpty(secretMessage))], secretMessage),
        v.description(
          'The secret that signs the request (Standard Webhooks), in base64. While secrets are rotated, a list: each of them signs.',
        ),
      ),
    ),
    headers: v.exactOptional(v.pipe(named(headerName, headerValue), v.description('Sent with every delivery.')), {}),
    allowPrivate: v.exactOptional(flag('Allows loopback, private and link-local addresses.'), false),
    batch: v.exactOptional(batch),
    ...common,
  }),
  v.transform(({ secret: secrets = [], ...rest }) => ({ ...rest, secrets: [secrets].flat() })),
);

const module = closed({
  type: v.literal('module'),
  module: text('A module that default-exports functions by event type: a path, or the name of a package.'),
  ...common,
});

const variableName = v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of a variable'));

const exec = closed({
  type: v.literal('exec'),
  command: texts('The program and its arguments; the event is on its stdin. No shell is in between.'),
  env: v.exactOptional(
    v.pipe(named(variableName, v.string()), v.description('Added to the environment of the daemon.')),
    {},
  ),
  ...common,
});

const log = closed({ type: v.literal('log'), ...common });

/** A named side effect. */
export const listenerSchema = v.pipe(
  v.variant('type', [webhook, module, exec, log]),
  v.check(({ ordering, shards }) => ordering === 'key' || shards === 1, 'shards only where the ordering is "key"'),
  v.check(
    (listener) => !('batch' in listener) || listener.batch.waitMs < listener.timeout,
    'a batch that waits for less than the timeout',
  ),
  v.transform(({ timeout, ...rest }) => ({ ...rest, timeoutMs: timeout })),
);

export type ListenerConfig = v.InferOutput<typeof listenerSchema>;
