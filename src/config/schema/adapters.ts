import * as v from 'valibot';
import { fileResource } from './file.ts';
import { closed, named } from './objects.ts';
import { restResource } from './rest.ts';
import { duration, fieldName, httpUrl, integer, labelName, name, oneOf, pause, size, text } from './scalars.ts';
import { tapOptions, tapResource } from './singer.ts';

/** The adapters that are built in; every other type is a module. */
export const builtInAdapters = ['rest', 'file', 'singer'] as const;

const throttle = v.pipe(
  closed({
    hits: v.exactOptional(integer('At most this many hits in any window of `per`.'), 1),
    per: v.exactOptional(duration('The window.'), '60s'),
    wait: v.exactOptional(pause('How long a run waits for a slot to free.'), '20s'),
    margin: v.exactOptional(pause('Added to `per`, for clocks that run at different rates.'), '100ms'),
    key: v.exactOptional(name('The key that is shared by everything that hits the same account. Default: the host.')),
  }),
  v.description('How often the third party may be hit.'),
  v.transform(({ per, wait, margin, ...rest }) => ({ ...rest, perMs: per, waitMs: wait, marginMs: margin })),
);

const auth = v.pipe(
  v.variant('type', [
    closed({ type: v.literal('none') }),
    closed({ type: v.literal('bearer'), token: text('The token, sent as `Authorization: Bearer …`.') }),
    closed({
      type: v.literal('basic'),
      username: text('The user name.'),
      password: v.pipe(v.string(), v.description('The password; may be empty.')),
    }),
    closed({ type: v.literal('header'), name: text('The name of the header.'), value: text('The secret value.') }),
    closed({
      type: v.literal('query'),
      param: text('The name of the query parameter.'),
      value: text('The secret value.'),
    }),
    closed({
      type: v.literal('module'),
      module: text('A module that signs each request: its default export gives headers to add.'),
    }),
    closed({
      type: v.literal('oauth2'),
      tokenUrl: httpUrl(
        'The token endpoint for client credentials (RFC 6749). On the same origin, a request to it takes a slot.',
      ),
      clientId: text('The client.'),
      clientSecret: text("The client's secret."),
      scope: v.exactOptional(text('What the token is for.')),
      params: v.exactOptional(
        v.pipe(
          named(fieldName, v.string()),
          v.description('Further parameters for the token endpoint, such as an audience.'),
        ),
      ),
      send: v.exactOptional(oneOf(['basic', 'body'], 'How the client authenticates there. Default: basic.')),
    }),
  ]),
  v.description("The credentials, which are sent to the adapter's own origin only."),
);

const common = {
  throttle: v.exactOptional(throttle, {}),
  timeout: v.exactOptional(duration('How long one request may take.'), '30s'),
  maxBody: v.exactOptional(size('A larger answer is refused.'), '256MB'),
  auth: v.exactOptional(auth),
  headers: v.exactOptional(v.pipe(named(fieldName, v.string()), v.description('Sent with every request.'))),
  maxPages: v.exactOptional(integer('A pass with more pages is an error.'), 10_000),
};

const rest = v.pipe(
  closed({
    type: v.literal('rest'),
    baseUrl: httpUrl('The URL that every `path` is appended to.'),
    ...common,
    resources: v.pipe(named(labelName, restResource), v.description('Where each resource is found.')),
  }),
  v.transform(({ timeout, maxBody, ...rest }) => ({ ...rest, timeoutMs: timeout, maxBodyBytes: maxBody })),
);

const file = v.pipe(
  closed({
    type: v.literal('file'),
    ...common,
    resources: v.pipe(named(labelName, fileResource), v.description('Where each resource is found.')),
  }),
  v.transform(({ timeout, maxBody, ...rest }) => ({ ...rest, timeoutMs: timeout, maxBodyBytes: maxBody })),
);

const singer = v.pipe(
  closed({
    type: v.literal('singer'),
    ...tapOptions,
    throttle: common.throttle,
    timeout: v.exactOptional(duration('How long the tap may run; a run ends after nine minutes.'), '5m'),
    maxBody: v.exactOptional(size('A longer message is refused.'), '256MB'),
    maxPages: common.maxPages,
    resources: v.pipe(named(labelName, tapResource), v.description('Which stream each resource is.')),
  }),
  v.transform(({ timeout, maxBody, ...rest }) => ({ ...rest, timeoutMs: timeout, maxBodyBytes: maxBody })),
);

const moduleResource = v.pipe(
  v.looseObject({
    mode: v.exactOptional(
      oneOf(['snapshot', 'changes'], 'Whether each pass reads everything, or only what changed. Default: everything.'),
    ),
    fullEvery: v.exactOptional(duration('In mode "changes": a pass reads everything this often. Default: 24h.')),
    map: v.exactOptional(v.pipe(named(fieldName, text('JMESPath.')), v.description('JMESPath per field.'))),
  }),
  v.transform(({ fullEvery, ...resource }) => ({
    ...resource,
    ...(fullEvery !== undefined && { fullEveryMs: fullEvery }),
  })),
);

const module = v.pipe(
  v.looseObject({
    type: v.pipe(
      v.string(),
      v.regex(
        /^(?!(?:rest|file|singer)$)(\.{0,2}\/.+|(@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*(\/[\w./-]+)?)$/,
        '"rest", "file", "singer", the path of a module such as "./ours.ts", or the name of a package',
      ),
      v.description('A module that default-exports an adapter: a path, or the name of a package.'),
    ),
    baseUrl: v.exactOptional(httpUrl('The origin that the adapter may send requests to.')),
    ...common,
    resources: v.exactOptional(v.pipe(named(labelName, moduleResource), v.description('Options per resource.'))),
  }),
  v.transform(({ type, timeout, maxBody, throttle, auth, headers, maxPages, ...options }) => ({
    type: 'module' as const,
    module: type,
    throttle,
    timeoutMs: timeout,
    maxBodyBytes: maxBody,
    maxPages,
    ...(auth && { auth }),
    ...(headers && { headers }),
    ...(options.baseUrl !== undefined && { baseUrl: options.baseUrl }),
    resources: options.resources ?? {},
    options: options as Readonly<Record<string, unknown>>,
  })),
);

/** One third party: the code that reads it, how often, and with which credentials. */
export const adapterSchema = v.variant('type', [rest, file, singer, module]);

export type AdapterConfig = v.InferOutput<typeof adapterSchema>;
