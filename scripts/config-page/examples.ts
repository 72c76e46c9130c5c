/** What stands above the reference: what every config has in common. */
export const introduction = `
<!-- Made by "npm run docs" from src/config/schema/ and scripts/config-page/. Do not edit. -->

# The config

This page lists every option of the config: its type, its default, and what it means.
The headings say where the options stand: \`adapters.<adapter>.throttle\` is the object \`throttle\` in each adapter.
[adapters.md](adapters.md) and [listeners.md](listeners.md) explain how to use them.

\`cronsync check\` reads the config and connects to Redis and the target.
It makes no hit and writes nothing.
All config problems are reported together, each with its path, what was expected and a suggestion.

## Where the config is

\`--config FILE\` or the variable \`SYNC_CONFIG\` names the config file.
Otherwise the first of these files in the current folder is read: \`sync.config.json\`, \`.yaml\`, \`.yml\`, \`.js\`, \`.mjs\`, \`.cjs\`, \`.ts\`, \`.mts\`, then \`.syncrc\` with the same endings, then the member \`sync\` of \`package.json\`.
Paths in the config are relative to the folder of the config file.
\`"$schema": "./node_modules/cronsync/sync.schema.json"\` makes an editor complete and check the file; \`cronsync schema\` prints that schema.

## A config in TypeScript

\`defineConfig\` types the config: an editor completes it, and \`tsc\` finds what is misspelt.

\`\`\`ts sync.config.ts
import { defineConfig } from 'cronsync';

export default defineConfig({
  name: 'crm',
  adapter: 'acme',
  resources: {
    customers: {
      key: 'id',
      schema: { properties: { id: { type: 'string' }, email: { type: 'string' } } },
    },
  },
  adapters: {
    acme: {
      type: 'rest',
      baseUrl: 'https://api.acme.example/v1',
      auth: { type: 'bearer', token: '\${ACME_TOKEN}' },
      resources: { customers: { path: '/customers' } },
    },
  },
});
\`\`\`

Node strips the types, so there are no enums and no namespaces, and an import of a file names its ending: \`./acme.ts\`.
\`import\` and \`export\` work whatever \`type\` the \`package.json\` has, also after a plain \`npm init\`.
The type \`Config\` is exported as well.
In it, an adapter's module is a path, a package with a scope, or a package with a hyphen in its name.

## Variables from a file

A file \`.env\` beside the config sets variables for every command:

\`\`\`ini .env
ACME_TOKEN=secret
\`\`\`

\`--env-file FILE\` names another file in its place; it may be repeated, and the last file wins.
A variable of the real environment wins over every file, also an empty one.
\`cronsync check\` prints which files were read.
The variables are also in \`process.env\` of a config in TypeScript, of adapter modules and of listener modules.
Commands of \`exec\` listeners and taps do not get them.
If FILE does not exist, nothing is done.
(Node reads this option too, so some releases of Node print \`node: FILE: not found\` and exit with 9 in that case.)

## How values are written

| type | examples |
|---|---|
| duration | \`"250ms"\`, \`"90s"\`, \`"5m"\`, \`"24h"\`, \`"7d"\` |
| share | \`"5%"\`, \`"0.5%"\` |
| size | \`"512kB"\`, \`"256MB"\`, \`"1GiB"\` |
| name | \`"crm"\`, \`"crm.eu-1"\`: at most 63 small letters, digits, \`.\`, \`_\` and \`-\`, beginning with a letter or a digit |
| JMESPath | \`"contact.email"\`, \`"labels[].name"\`: an expression of [JMESPath Community](https://jmespath.site) |

Every text may contain variables:

| written | becomes |
|---|---|
| \`\${NAME}\` | the environment variable; it is an error if it is not set |
| \`\${NAME:-default}\` | the environment variable, or the default if it is empty or not set |
| \`\${file:/run/secrets/token}\` | the content of a file, without the line break at its end |
| \`$\${\` | the text \`\${\` itself |

Values that come from a file, or from a variable whose name says that it is a secret, are masked in every output.
An adapter that is not selected may name variables that are not set.
`;

const columns = {
  id: { type: 'string' },
  email: { type: ['string', 'null'] },
  state: { type: 'string' },
};

const restResource = {
  path: '/customers',
  query: { limit: 500 },
  headers: { accept: 'application/json' },
  records: 'data',
  total: 'meta.total',
  pagination: { type: 'cursor', next: 'meta.next_cursor', param: 'cursor', stable: true },
  mode: 'changes',
  bookmark: { field: 'updated_at', param: 'since', overlap: '5m' },
  tombstones: { when: "status == 'deleted'" },
  fullEvery: '24h',
  map: { id: 'id', email: 'contact.email', state: 'status' },
  emptyIsNull: true,
  transform: './customers.ts',
};

const throttle = { hits: 1, per: '60s' };

/** How a listener is called, and what it hears. */
const hears = { on: ['customers.*'], from: 'beginning' };

/**
 * Examples by the place of the object, as `exampleKey` names it. Together the examples of a place have every option of it,
 * and each is checked in a config in which the objects around it are those of the first examples there.
 */
export const examples: Readonly<Record<string, readonly unknown[]>> = {
  '': [
    {
      $schema: './node_modules/cronsync/sync.schema.json',
      name: 'crm',
      adapter: 'acme',
      resources: { customers: { key: 'id', schema: { properties: columns, required: ['id'] } } },
      adapters: {
        acme: {
          type: 'rest',
          baseUrl: 'https://api.acme.example/v1',
          resources: { customers: restResource },
        },
      },
      target: { type: 'sqlite', file: './sync.db' },
      redis: { url: 'redis://127.0.0.1:6379' },
      lock: { ttl: '30s' },
      guard: { maxDeletes: '20%' },
      events: { retain: '7d' },
      heartbeat: { url: 'https://hc-ping.com/${HEARTBEAT_KEY}/crm' },
      memory: 'small',
      listeners: { notify: { ...hears, type: 'webhook', url: 'https://hooks.example/sync' } },
    },
  ],
  'resources.<resource>': [
    {
      key: 'id',
      match: 'email',
      writeOnce: ['state'],
      schema: { properties: columns, required: ['id'] },
      table: 'crm_customers',
      onDelete: { set: { email: null } },
      every: '1h',
      rejects: '1%',
      guard: { maxDeletes: 50 },
      expect: { changeWithin: '2d' },
    },
  ],
  'resources.<resource>.schema': [
    { type: 'object', properties: columns, required: ['id'], additionalProperties: true },
  ],
  'resources.<resource>.schema.properties.<field>': [{ type: ['string', 'null'], format: 'email' }],
  'resources.<resource>.guard': [{ maxDeletes: 50, maxEmptied: 50, maxUpdates: 50, window: '12h', confirm: 3 }],
  'resources.<resource>.expect': [{ changeWithin: '2d', records: { min: 100, max: 5000 } }],
  'resources.<resource>.expect.records': [{ min: 100, max: 5000 }],
  'adapters.<adapter> of rest': [
    {
      type: 'rest',
      baseUrl: 'https://api.acme.example/v1',
      throttle,
      timeout: '30s',
      maxBody: '64MB',
      auth: { type: 'bearer', token: '${ACME_TOKEN}' },
      headers: { 'accept-language': 'en' },
      maxPages: 2000,
      tls: { ca: '${file:/etc/ssl/acme-ca.pem}' },
      proxy: 'http://sync:${PROXY_PASSWORD}@proxy.example:3128',
      resources: { customers: restResource },
    },
  ],
  'adapters.<adapter> of file': [
    {
      type: 'file',
      throttle: { per: '1h' },
      timeout: '5m',
      maxBody: '1GB',
      auth: { type: 'basic', username: 'export', password: '${EXPORT_PASSWORD}' },
      headers: { accept: 'text/csv' },
      maxPages: 1,
      tls: { ca: '${file:/etc/ssl/acme-ca.pem}' },
      proxy: 'none',
      resources: { customers: { path: './customers.csv' } },
    },
  ],
  'adapters.<adapter> of singer': [
    {
      type: 'singer',
      command: ['tap-hubspot'],
      env: { HTTPS_PROXY: '${HTTPS_PROXY:-}' },
      config: { start_date: '2026-01-01' },
      catalog: './catalog.json',
      throttle: { key: 'hubspot', per: '5m' },
      timeout: '5m',
      maxBody: '64MB',
      maxPages: 1,
      resources: { customers: { stream: 'contacts' } },
    },
  ],
  'adapters.<adapter> of module': [
    {
      type: './ours.ts',
      baseUrl: 'https://api.acme.example',
      throttle,
      timeout: '30s',
      maxBody: '64MB',
      auth: { type: 'bearer', token: '${ACME_TOKEN}' },
      headers: { 'accept-language': 'en' },
      maxPages: 2000,
      tls: { ca: '${file:/etc/ssl/acme-ca.pem}' },
      proxy: 'none',
      resources: { customers: { map: { id: 'ref', email: 'mail' } } },
    },
  ],
  'adapters.<adapter> of extends': [{ extends: 'github', auth: { type: 'bearer', token: '${GITHUB_TOKEN}' } }],
  'adapters.<adapter>.throttle': [
    { hits: 10, per: '60s', wait: '20s', margin: '100ms', key: 'acme.example' },
    [
      { hits: 1, per: '1s', wait: '20s' },
      { hits: 1000, per: '1d' },
    ],
  ],
  'adapters.<adapter>.auth of none': [{ type: 'none' }],
  'adapters.<adapter>.auth of bearer': [{ type: 'bearer', token: '${ACME_TOKEN}' }],
  'adapters.<adapter>.auth of basic': [{ type: 'basic', username: 'sync', password: '${ACME_PASSWORD}' }],
  'adapters.<adapter>.auth of header': [{ type: 'header', name: 'x-api-key', value: '${ACME_KEY}' }],
  'adapters.<adapter>.auth of query': [{ type: 'query', param: 'api_key', value: '${ACME_KEY}' }],
  'adapters.<adapter>.auth of module': [{ type: 'module', module: './sign.ts' }],
  'adapters.<adapter>.auth of oauth2': [
    {
      type: 'oauth2',
      tokenUrl: 'https://login.acme.example/oauth/token',
      clientId: 'sync',
      clientSecret: '${ACME_SECRET}',
      scope: 'customers.read',
      params: { audience: 'https://api.acme.example' },
      send: 'body',
      tls: { ca: '${file:/etc/ssl/acme-ca.pem}' },
    },
    {
      type: 'oauth2',
      grant: 'refresh_token',
      tokenUrl: 'https://login.acme.example/oauth/token',
      clientId: 'sync',
      clientSecret: '${ACME_SECRET}',
      refreshToken: '${ACME_REFRESH_TOKEN}',
      tokenKey: '${SYNC_TOKEN_KEY}',
    },
    {
      type: 'oauth2',
      grant: 'jwt-bearer',
      tokenUrl: 'https://login.acme.example/oauth/token',
      assertion: { issuer: 'sync@acme.example', privateKey: '${file:/run/secrets/acme.pem}' },
    },
  ],
  'adapters.<adapter>.auth.assertion': [
    {
      issuer: 'sync@acme.example',
      subject: 'ada@acme.example',
      audience: 'https://login.acme.example',
      claims: { scope: 'customers.read' },
      privateKey: '${file:/run/secrets/acme.pem}',
      algorithm: 'ES256',
      keyId: 'key-1',
    },
  ],
  'adapters.<adapter>.tls': [
    {
      ca: '${file:/etc/ssl/acme-ca.pem}',
      cert: '${file:/etc/ssl/sync.crt}',
      key: '${file:/etc/ssl/sync.key}',
      servername: 'api.acme.example',
    },
  ],
  'adapters.<adapter>.resources.<resource> in rest': [
    restResource,
    { path: '/search', method: 'POST', body: { filter: 'all' }, records: 'hits' },
    { of: 'people', path: '/people/{id}/customers', map: { id: 'id', state: '_parent' } },
    {
      path: '/w/api.php',
      records: 'query.pages',
      pagination: { type: 'cursor', next: 'continue' },
      parts: { until: 'batchcomplete' },
    },
  ],
  'adapters.<adapter>.resources.<resource>.pagination of none': [{ type: 'none' }],
  'adapters.<adapter>.resources.<resource>.pagination of page': [
    { type: 'page', param: 'page', start: 1, sizeParam: 'per_page', size: 100, pastEnd: [400, 404] },
  ],
  'adapters.<adapter>.resources.<resource>.pagination of offset': [
    { type: 'offset', param: 'skip', limitParam: 'limit', limit: 200 },
  ],
  'adapters.<adapter>.resources.<resource>.pagination of cursor': [
    { type: 'cursor', next: 'meta.next_cursor', param: 'cursor', stable: true },
  ],
  'adapters.<adapter>.resources.<resource>.pagination of link': [{ type: 'link', rel: 'next', stable: false }],
  'adapters.<adapter>.resources.<resource>.pagination of next-url': [
    { type: 'next-url', next: { header: 'x-next-page' }, stable: true },
  ],
  'adapters.<adapter>.resources.<resource>.bookmark': [
    {
      field: 'updated_at',
      param: 'since',
      format: 'iso',
      overlap: '5m',
      query: { sort: 'updated_at' },
      expired: { status: [400] },
    },
    { header: 'Date', param: 'modified_after' },
    { path: 'last_seq', param: 'since', log: true },
  ],
  'adapters.<adapter>.resources.<resource>.bookmark.expired': [{ status: [400], when: "error == 'EXPIRED'" }],
  'adapters.<adapter>.resources.<resource>.tombstones': [
    { field: 'deleted_at' },
    { when: "status == 'deleted'" },
    { path: 'removed', map: { id: '@' } },
    { from: { path: '/customers/deleted', records: 'data' } },
  ],
  'adapters.<adapter>.resources.<resource>.tombstones.from': [
    {
      path: '/customers/deleted',
      query: { limit: 500 },
      records: 'data',
      pagination: { type: 'page' },
      param: 'deleted_since',
    },
  ],
  'adapters.<adapter>.resources.<resource> in file': [
    {
      path: './customers.txt',
      format: 'csv',
      csv: { delimiter: ';' },
      map: { id: 'ID', email: 'E-Mail' },
      emptyIsNull: true,
      transform: './customers.ts',
    },
    { url: 'https://exports.acme.example/customers.json', records: 'data.customers' },
  ],
  'adapters.<adapter>.resources.<resource>.csv': [
    {
      delimiter: ';',
      quote: "'",
      header: ['id', 'email', 'state'],
      encoding: 'windows-1252',
      newlineAtEnd: true,
    },
  ],
  'adapters.<adapter>.resources.<resource> in singer': [
    {
      stream: 'contacts',
      mode: 'changes',
      map: { id: 'vid', email: 'properties.email.value' },
      emptyIsNull: true,
      transform: './customers.ts',
    },
  ],
  'adapters.<adapter>.resources.<resource> in module': [
    {
      mode: 'changes',
      fullEvery: '12h',
      map: { id: 'ref', email: { from: 'mail', emptyIsNull: true } },
      emptyIsNull: false,
      transform: './customers.ts',
    },
  ],
  'target of sqlite': [{ type: 'sqlite', file: '/var/lib/crm/crm.db' }],
  'target of postgres': [
    {
      type: 'postgres',
      url: 'postgres://sync:${PGPASSWORD}@db.example:5432/crm',
      schema: 'crm',
      tls: { ca: '${file:/etc/ssl/our-ca.pem}' },
    },
    { type: 'postgres', url: 'postgres://sync@db.example:5432/crm', auth: { module: './login.ts' } },
  ],
  'target.auth': [{ module: './login.ts' }],
  'target.tls': [
    {
      ca: '${file:/etc/ssl/our-ca.pem}',
      cert: '${file:/etc/ssl/sync.crt}',
      key: '${file:/etc/ssl/sync.key}',
      verify: true,
    },
  ],
  redis: [
    { url: 'rediss://:${REDIS_PASSWORD}@redis.example:6380/0', prefix: 'sync', allowEviction: false },
    {
      sentinels: ['sentinel-1.example:26379', 'sentinel-2.example:26379', 'sentinel-3.example:26379'],
      name: 'mymaster',
      username: 'sync',
      password: '${REDIS_PASSWORD}',
      sentinelUsername: 'sync',
      sentinelPassword: '${SENTINEL_PASSWORD}',
      db: 0,
    },
    {
      cluster: ['redis-1.example:6379', 'redis-2.example:6379', 'redis-3.example:6379'],
      username: 'sync',
      password: '${REDIS_PASSWORD}',
      tls: { ca: '${file:/etc/ssl/our-ca.pem}' },
    },
    { cluster: ['redis.example:6379'], username: 'sync', auth: { module: './login.ts' }, tls: {} },
  ],
  lock: [{ ttl: '30s' }],
  guard: [{ maxDeletes: '20%', maxEmptied: '20%', maxUpdates: '50%', window: '24h', confirm: 'auto' }],
  events: [{ retain: '7d', source: '/crm', maxStream: 100_000, onRemap: 'silent', outbox: 'text' }],
  heartbeat: [{ url: 'https://hc-ping.com/${HEARTBEAT_KEY}/crm' }],
  'listeners.<listener> of webhook': [
    {
      ...hears,
      type: 'webhook',
      url: 'https://hooks.example/sync',
      secret: '${HOOK_SECRET}',
      headers: { 'x-tenant': 'crm' },
      allowPrivate: false,
      batch: { max: 8 },
      tls: { ca: '${file:/etc/ssl/our-ca.pem}' },
      proxy: 'http://proxy.example:3128',
      ordering: 'key',
      shards: 2,
      concurrency: 8,
      attempts: 8,
      timeout: '30s',
      onDead: 'park',
    },
  ],
  'listeners.<listener> of module': [{ ...hears, type: 'module', module: './listeners/reindex.ts' }],
  'listeners.<listener> of exec': [
    {
      on: ['*'],
      from: 'now',
      type: 'exec',
      command: ['./audit.sh', '--verbose'],
      env: { AUDIT_LOG: '/var/log/audit' },
    },
  ],
  'listeners.<listener> of log': [{ on: ['*.deleted'], from: 'now', type: 'log' }],
  'listeners.<listener>.batch': [{ max: 100, wait: '50ms' }],
};

/** What a place needs beside its table, by the path of the object. */
export const notes: Readonly<Record<string, string>> = {
  'resources.<resource>': `
A record that does not fit the schema is rejected: it is kept in \`_sync_rejects\` with the reasons, and its row stays as it is.
\`cronsync rejects list\` shows the rejected records.
If more of a pass is rejected than \`rejects\` allows, the pass deletes nothing and the run exits with 65; creates and updates are written.
`,
  lock: `
A run renews its lock every third of \`ttl\`, and a run that was killed blocks the next one for \`ttl\` at most.
A run ends after nine minutes in any case.
`,
  guard: `
The guard judges deletions at the end of a complete pass, and together with the deletions of the last \`window\`.
A share is of the rows that were live when the pass began or when the window began, whichever is less: rows that the pass itself has made never make room for deletions.
At least 3 rows may be deleted where a share is less than that, and all rows of a table never go without a permission.
What it holds stays in the table; the run exits with 3, and \`cronsync run --allow-mass-delete=N\` permits the N deletions that are held, once.
A value that becomes empty stays in its row until the pass is complete.
If more values of a column would become empty than \`maxEmptied\` allows, they are held as deletions are, everything else is written, and \`cronsync run --allow-mass-update=N\` permits them, once.
With \`maxUpdates\`, a row also keeps its other values until the pass is complete.
If more rows would be updated than it allows, none of them is, the run exits with 3, and \`--allow-mass-update=N\` permits them, once: the pass that it starts writes them.
With \`"confirm": "auto"\`, one pass proves that a record is gone if the pass has one page or its pagination is \`stable\`; otherwise two consecutive passes must miss it.
`,
  'adapters.<adapter>.throttle': `
A list has several windows, of different lengths, and each hit counts in all of them: at most one in any second, and at most 1000 in any day.
\`wait\` and \`key\` are in the first one.
Syncs that wait for slots of the same \`key\` get them in turn.
`,
  redis: `
Write one of \`url\`, \`sentinels\` and \`cluster\`; [redis.md](redis.md) says what each needs and guarantees.
All syncs that share a throttle need the same Redis and the same \`prefix\`.
The keys are listed in [protocol.md](protocol.md#1-keys).
If Redis may evict keys and \`allowEviction\` is not set, cronsync exits with 78 and makes no hit.
`,
  heartbeat: `
A run that has the lock pings \`<url>/start\`, and every run that does not find the lock held pings \`<url>/<exit code>\` at its end: the protocol of [Healthchecks.io](https://healthchecks.io/docs/http_api/).
A ping takes 2 s at most, changes neither exit code nor throttle, and is not sent by a dry run.
`,
  events: `
An event leaves the outbox when it is older than \`retain\` and every listener has passed it.
While \`maxStream\` entries wait for a listener, the relay pauses and the outbox keeps the newer events.
Without any listener, the stream keeps the newest \`maxStream\` events.
A changed \`map\` or schema makes the next pass compare every record again; its events have \`"cause": "remap"\`, and \`"onRemap": "silent"\` writes the rows without events.
`,
};
