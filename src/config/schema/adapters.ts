import * as v from 'valibot';
import { auth } from './auth.ts';
import { fileResource } from './file.ts';
import { mapping } from './mapping.ts';
import { closed, named } from './objects.ts';
import { restResource } from './rest.ts';
import { duration, fieldName, httpUrl, integer, labelName, oneOf, size } from './scalars.ts';
import { tapOptions, tapResource } from './singer.ts';
import { throttleSchema } from './throttle.ts';
import { proxy, tls } from './way.ts';

/** The adapters that are built in; every other type is a module. */
export const builtInAdapters = ['rest', 'file', 'singer'] as const;

const common = {
  throttle: v.exactOptional(throttleSchema, {}),
  timeout: v.exactOptional(
    duration('How long one request may take, to the end of its answer. The time of reading records does not count.'),
    '30s',
  ),
  maxBody: v.exactOptional(size('The size above which an answer is refused, also of what it unpacks to.'), '256MB'),
  tls: v.exactOptional(tls("TLS of the connections to the adapter's own origins.")),
  proxy: v.exactOptional(proxy),
  auth: v.exactOptional(auth),
  headers: v.exactOptional(
    v.pipe(named(fieldName, v.string()), v.description('Headers that are sent with every request.')),
  ),
  maxPages: v.exactOptional(integer('The number of pages above which a pass is an error.'), 10_000),
};

const rest = v.pipe(
  closed({
    type: v.literal('rest'),
    baseUrl: httpUrl('The URL that every `path` is appended to.'),
    ...common,
    resources: v.pipe(named(labelName, restResource), v.description('How each resource is read, by its name.')),
  }),
  v.transform(({ timeout, maxBody, ...rest }) => ({ ...rest, timeoutMs: timeout, maxBodyBytes: maxBody })),
);

const file = v.pipe(
  closed({
    type: v.literal('file'),
    ...common,
    resources: v.pipe(named(labelName, fileResource), v.description('How each resource is read, by its name.')),
  }),
  v.transform(({ timeout, maxBody, ...rest }) => ({ ...rest, timeoutMs: timeout, maxBodyBytes: maxBody })),
);

const singer = v.pipe(
  closed({
    type: v.literal('singer'),
    ...tapOptions,
    throttle: common.throttle,
    timeout: v.exactOptional(duration('How long the tap may run. A run ends after nine minutes.'), '5m'),
    maxBody: v.exactOptional(size('The size above which a message is refused.'), '256MB'),
    maxPages: common.maxPages,
    resources: v.pipe(named(labelName, tapResource), v.description('How each resource is read, by its name.')),
  }),
  v.transform(({ timeout, maxBody, ...rest }) => ({ ...rest, timeoutMs: timeout, maxBodyBytes: maxBody })),
);

const moduleResource = v.pipe(
  v.looseObject({
    mode: v.exactOptional(
      oneOf(['snapshot', 'changes'], 'Whether each pass reads everything, or only what changed. Default: "snapshot".'),
    ),
    fullEvery: v.exactOptional(duration('How often a pass reads everything in mode "changes". Default: "24h".')),
    ...mapping,
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
    resources: v.exactOptional(
      v.pipe(named(labelName, moduleResource), v.description('The options of each resource, by its name.')),
    ),
  }),
  v.transform(({ type, timeout, maxBody, throttle, auth, headers, maxPages, tls, proxy, ...options }) => ({
    type: 'module' as const,
    module: type,
    throttle,
    timeoutMs: timeout,
    maxBodyBytes: maxBody,
    maxPages,
    ...(auth && { auth }),
    ...(headers && { headers }),
    ...(tls && { tls }),
    ...(proxy !== undefined && { proxy }),
    ...(options.baseUrl !== undefined && { baseUrl: options.baseUrl }),
    resources: options.resources ?? {},
    options: options as Readonly<Record<string, unknown>>,
  })),
);

/** One third party: the code that reads it, how often, and with which credentials. */
export const adapterSchema = v.variant('type', [rest, file, singer, module]);

export type AdapterConfig = v.InferOutput<typeof adapterSchema>;
