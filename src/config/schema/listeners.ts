import * as v from 'valibot';
import { closed, named, variables } from './objects.ts';
import { duration, flag, httpUrl, integer, oneOf, text, texts } from './scalars.ts';
import { proxy, tls } from './way.ts';

const common = {
  on: texts(
    'The types of the events that the listener gets: "customers.deleted", "customers.*", "*.deleted" or "*"; of the sync itself, "sync.*" or one such as "sync.run.failed".',
  ),
  from: oneOf(
    ['beginning', 'now'],
    'Where a new listener starts: at the oldest event of the stream, or with the next one.',
  ),
  ordering: v.exactOptional(
    oneOf(
      ['key', 'none'],
      'The order of deliveries. `key` keeps the order of each key, in one daemon. `none` keeps no order and uses every daemon.',
    ),
    'key',
  ),
  shards: v.exactOptional(
    integer(
      'The number of groups into which the keys of an ordered listener are divided, so that as many daemons can share it.',
    ),
    1,
  ),
  concurrency: v.exactOptional(integer('The number of deliveries that run at once.'), 8),
  attempts: v.exactOptional(integer('The number of failures after which an event becomes a dead letter.'), 8),
  timeout: v.exactOptional(duration('How long one delivery may take.'), '30s'),
  onDead: v.exactOptional(
    oneOf(
      ['skip', 'park'],
      'What happens to later events of the key of a dead letter. `skip` delivers them, `park` makes them dead letters as well.',
    ),
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
      v.description('The most events in one request, and never more than `concurrency`.'),
    ),
    wait: v.exactOptional(duration('How long the first event of a batch waits for others.'), '20ms'),
  }),
  v.description(
    'How events of several keys are posted in one request, as a CloudEvents batch. Default: one event in a request.',
  ),
  v.transform(({ max, wait: waitMs }) => ({ max, waitMs })),
);

const webhook = v.pipe(
  closed({
    type: v.literal('webhook'),
    url: httpUrl('The URL to which the event is posted.'),
    secret: v.exactOptional(
      v.pipe(
        v.union([secret, v.pipe(v.array(secret), v.nonEmpty(secretMessage))], secretMessage),
        v.description(
          'The secret that signs each request (Standard Webhooks), in base64. During a rotation there may be several, and each signs.',
        ),
      ),
    ),
    headers: v.exactOptional(
      v.pipe(named(headerName, headerValue), v.description('Headers that are sent with every delivery.')),
      {},
    ),
    allowPrivate: v.exactOptional(flag('Whether loopback, private and link-local addresses are allowed.'), false),
    batch: v.exactOptional(batch),
    tls: v.exactOptional(tls('TLS of the connections to the receiver.')),
    proxy: v.exactOptional(proxy),
    ...common,
  }),
  v.transform(({ secret: secrets = [], ...rest }) => ({ ...rest, secrets: [secrets].flat() })),
);

const module = closed({
  type: v.literal('module'),
  module: text('A module that default-exports functions by event type: a path, or the name of a package.'),
  ...common,
});

const exec = closed({
  type: v.literal('exec'),
  command: texts('The program and its arguments. The event is on its stdin. No shell is involved.'),
  env: variables('command'),
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
