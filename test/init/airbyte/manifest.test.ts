import { expect, test } from 'vitest';
import { checkConfig } from '../../../src/config/load.ts';
import { UsageError } from '../../../src/errors.ts';
import { type AirbyteChoices, draftOfManifest } from '../../../src/init/airbyte/draft.ts';
import { configOf } from '../../../src/init/config.ts';

// Manifests of different kinds, after the reference of Airbyte's low-code format.

const choices: AirbyteChoices = {
  connector: 'acme',
  streams: null,
  include: [],
  throttle: [{ hits: 1, per: '1s' }],
  headers: {},
  schemaFile: () => null,
};
const schema = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    name: { type: ['null', 'string'] },
    updated_at: { type: 'string', format: 'date-time' },
  },
};
const parameter = (field_name: string) => ({ type: 'RequestOption', inject_into: 'request_parameter', field_name });

/** A manifest with one stream, whose parts these replace. */
function manifestWith({ requester = {}, retriever = {}, stream = {}, root = {} }: Record<string, object> = {}) {
  return {
    version: '6.0.0',
    definitions: { base: { type: 'HttpRequester', url_base: 'https://api.acme.example/v1/', http_method: 'GET' } },
    streams: [
      {
        type: 'DeclarativeStream',
        name: 'customers',
        primary_key: ['id'],
        schema_loader: { type: 'InlineSchemaLoader', schema },
        retriever: {
          type: 'SimpleRetriever',
          requester: { $ref: '#/definitions/base', path: '/customers', ...requester },
          record_selector: { type: 'RecordSelector', extractor: { type: 'DpathExtractor', field_path: ['data'] } },
          ...retriever,
        },
        ...stream,
      },
    ],
    ...root,
  };
}

function draft(parts: Record<string, object> = {}, more: Partial<AirbyteChoices> = {}) {
  const found = draftOfManifest(manifestWith(parts), { ...choices, ...more });
  if (found.adapter.resources.length > 0) {
    const config = configOf(found, { name: 'crm', target: { type: 'sqlite', file: 'sync.db' } });
    const names = [...JSON.stringify(config).matchAll(/\$\{([A-Z]\w*)\}/g)].map(([, name = '']) => [
      name,
      'v'.repeat(32),
    ]);
    checkConfig({ path: 'x', dir: '/', content: config }, Object.fromEntries(names));
  }
  return found;
}

test('a stream without pages is a resource, and nothing is left out', () => {
  const { adapter, leftOut, notes } = draft();
  expect([leftOut, notes]).toEqual([[], []]);
  expect(adapter).toMatchObject({ name: 'acme', baseUrl: 'https://api.acme.example/v1', auth: null });
  expect(adapter.resources).toMatchObject([
    { name: 'customers', path: '/customers', records: 'data', key: ['id'], pagination: null, changes: null },
  ]);
});

function paginator(strategy: object, token: object | null = parameter('page')) {
  return {
    retriever: {
      paginator: {
        type: 'DefaultPaginator',
        page_size_option: parameter('limit'),
        ...(token && { page_token_option: token }),
        pagination_strategy: strategy,
      },
    },
  };
}

test.each<[string, object, object | null, object]>([
  [
    'pages',
    { type: 'PageIncrement', page_size: 50, start_from_page: 1 },
    parameter('page'),
    { pagination: { type: 'page', param: 'page', sizeParam: 'limit', size: 50 } },
  ],
  [
    'offsets',
    { type: 'OffsetIncrement', page_size: 50 },
    parameter('offset'),
    { pagination: { type: 'offset', param: 'offset', limitParam: 'limit', limit: 50 } },
  ],
  [
    'a cursor with a flag',
    {
      type: 'CursorPagination',
      page_size: 50,
      cursor_value: "{{ response.get('next', {}).get('cursor') }}",
      stop_condition: '{{ not response.has_more }}',
    },
    parameter('after'),
    { pagination: { type: 'cursor', next: 'has_more && next.cursor', param: 'after' }, query: { limit: 50 } },
  ],
  [
    'the last record',
    {
      type: 'CursorPagination',
      page_size: 50,
      cursor_value: "{{ last_record['id'] }}",
      stop_condition: '{{ response.has_more == false }}',
    },
    parameter('starting_after'),
    { pagination: { type: 'cursor', next: 'has_more && data[-1].id', param: 'starting_after' } },
  ],
  [
    'a URL',
    { type: 'CursorPagination', cursor_value: '{{ response.links.next }}' },
    { type: 'RequestPath' },
    { pagination: { type: 'next-url', next: 'links.next' } },
  ],
  [
    'a Link header',
    { type: 'CursorPagination', cursor_value: "{{ headers['link']['next']['url'] }}" },
    { type: 'RequestPath' },
    { pagination: { type: 'link' } },
  ],
  [
    'a header',
    { type: 'CursorPagination', cursor_value: "{{ headers['x-next'] }}" },
    parameter('cursor'),
    { pagination: { type: 'cursor', next: { header: 'x-next' }, param: 'cursor' } },
  ],
])('reads the paginator: %s', (_title, strategy, token, expected) => {
  expect(draft(paginator(strategy, token)).adapter.resources[0]).toMatchObject(expected);
});

test.each<[string, Record<string, object>, string]>([
  [
    'a strategy of the connector',
    paginator({ type: 'CustomPaginationStrategy' }),
    'its pagination CustomPaginationStrategy has no counterpart',
  ],
  [
    'a cursor that is calculated',
    paginator({ type: 'CursorPagination', cursor_value: "{{ response.a ~ 'x' }}" }),
    'is an expression that has no counterpart',
  ],
  [
    'an end that is calculated',
    paginator({ type: 'CursorPagination', cursor_value: '{{ response.a }}', stop_condition: '{{ response.b > 3 }}' }),
    'the end of its pages',
  ],
  [
    'a request for each record of another',
    { retriever: { partition_router: { type: 'SubstreamPartitionRouter' } } },
    'once for each part (SubstreamPartitionRouter)',
  ],
  [
    'a retriever of the connector',
    { retriever: { type: 'CustomRetriever' } },
    'its CustomRetriever has no counterpart',
  ],
  ['a form', { requester: { request_body_data: { a: 'b' } } }, 'its request is a form'],
  [
    'a path that is calculated',
    { requester: { path: '/{{ now_utc() }}' } },
    'is an expression that has no counterpart',
  ],
  ['no schema', { stream: { schema_loader: { type: 'JsonFileSchemaLoader' } } }, 'the manifest has no schema for it'],
  ['no key', { stream: { primary_key: 'number' } }, 'no field identifies a record'],
])('a stream without a counterpart is listed: %s', (_title, parts, why) => {
  const { adapter, leftOut } = draft(parts);
  expect(adapter.resources).toEqual([]);
  expect(leftOut).toEqual([{ what: 'customers', why: expect.stringContaining(why) }]);
});

test.each<[string, object, object]>([
  [
    'a token',
    { type: 'BearerAuthenticator', api_token: "{{ config['api_key'] }}" },
    { type: 'bearer', token: '${ACME_API_KEY}' },
  ],
  [
    'a user',
    { type: 'BasicHttpAuthenticator', username: '{{ config.user }}' },
    { type: 'basic', username: '${ACME_USER}', password: '' },
  ],
  [
    'a header',
    {
      type: 'ApiKeyAuthenticator',
      api_token: "Token {{ config['key'] }}",
      inject_into: { type: 'RequestOption', inject_into: 'header', field_name: 'X-Key' },
    },
    { type: 'header', name: 'X-Key', value: 'Token ${ACME_KEY}' },
  ],
  [
    'a parameter',
    { type: 'ApiKeyAuthenticator', api_token: "{{ config['key'] }}", inject_into: parameter('key') },
    { type: 'query', param: 'key', value: '${ACME_KEY}' },
  ],
  [
    'client credentials',
    {
      type: 'OAuthAuthenticator',
      grant_type: 'client_credentials',
      token_refresh_endpoint: 'https://id.acme.example/token',
      client_id: "{{ config['client_id'] }}",
      client_secret: "{{ config['client_secret'] }}",
    },
    {
      type: 'oauth2',
      tokenUrl: 'https://id.acme.example/token',
      clientId: '${ACME_CLIENT_ID}',
      clientSecret: '${ACME_CLIENT_SECRET}',
      send: 'body',
    },
  ],
  [
    'a refresh token',
    {
      type: 'OAuthAuthenticator',
      token_refresh_endpoint: 'https://id.acme.example/token',
      client_id: "{{ config['client_id'] }}",
      client_secret: "{{ config['client_secret'] }}",
      refresh_token: "{{ config['refresh_token'] }}",
      scopes: ['read', 'offline'],
    },
    {
      type: 'oauth2',
      grant: 'refresh_token',
      tokenUrl: 'https://id.acme.example/token',
      clientId: '${ACME_CLIENT_ID}',
      clientSecret: '${ACME_CLIENT_SECRET}',
      refreshToken: '${ACME_REFRESH_TOKEN}',
      tokenKey: '${ACME_TOKEN_KEY}',
      scope: 'read offline',
      send: 'body',
    },
  ],
])('signs requests with variables: %s', (_title, authenticator, auth) => {
  expect(draft({ requester: { authenticator } }).adapter.auth).toEqual(auth);
});

test.each([
  [
    'what else the request for a token has',
    { refresh_request_body: { audience: 'x' } },
    'the request for a token also has audience',
  ],
  ['that its key is a secret of your own', {}, 'ACME_TOKEN_KEY is a secret of your own'],
  ['that an assertion has to be written', { use_profile_assertion: true }, 'add "auth" with the grant "jwt-bearer"'],
  ['that the token is calculated', { refresh_token: '{{ now_utc() }}' }, 'from an expression that has no counterpart'],
])('says of a refresh token %s', (_title, parts, said) => {
  const setting = (name: string) => `{{ config['${name}'] }}`;
  const authenticator = {
    ...{ type: 'OAuthAuthenticator', token_refresh_endpoint: 'https://id.acme.example/token' },
    ...{ client_id: setting('id'), client_secret: setting('secret'), refresh_token: setting('token') },
    ...parts,
  };
  expect(draft({ requester: { authenticator } }).notes.join('; ')).toContain(said);
});

test('an authenticator of the connector is said to be missing', () => {
  const { adapter, notes } = draft({ requester: { authenticator: { type: 'CustomAuthenticator' } } });
  expect([adapter.auth, notes]).toEqual([null, [expect.stringContaining('CustomAuthenticator has no counterpart')]]);
});

test('a time that the stream starts from is a bookmark', () => {
  const incremental_sync = {
    type: 'DatetimeBasedCursor',
    cursor_field: 'updated_at',
    datetime_format: '%Y-%m-%dT%H:%M:%SZ',
    lookback_window: 'P2D',
    start_time_option: parameter('since'),
  };
  const { adapter, leftOut } = draft({ stream: { incremental_sync } });
  expect(leftOut).toEqual([]);
  expect(adapter.resources[0]?.changes).toEqual({ field: 'updated_at', param: 'since', overlap: '2d' });
});

test.each(['P1W', 'P1M', '{{ config.window }}', 'P'])(
  'a look-back that cannot be read is listed: %s',
  (lookback_window) => {
    const incremental_sync = {
      type: 'DatetimeBasedCursor',
      cursor_field: 'updated_at',
      datetime_format: '%s',
      lookback_window,
      start_time_option: parameter('since'),
    };
    const { adapter, leftOut } = draft({ stream: { incremental_sync } });
    expect(adapter.resources[0]?.changes).toEqual({ field: 'updated_at', param: 'since', format: 'seconds' });
    expect(leftOut).toEqual([
      { what: 'customers: its look-back window', why: expect.stringContaining(lookback_window) },
    ]);
  },
);

test('settings of the connector become variables, with the defaults of its form', () => {
  const root = { spec: { connection_specification: { properties: { region: { default: 'eu' } } } } };
  const requester = {
    url_base: "https://{{ config['region'] }}.acme.example",
    request_parameters: { site: "{{ config['site'] }}", now: '{{ now_utc() }}' },
  };
  const { adapter, leftOut } = draft({ requester, root });
  expect(adapter).toMatchObject({
    baseUrl: 'https://${ACME_REGION:-eu}.acme.example',
    resources: [{ query: { site: '${ACME_SITE}' } }],
  });
  expect(leftOut).toEqual([
    { what: 'customers: request_parameters.now', why: expect.stringContaining('no counterpart') },
  ]);
});

test('parameters reach the parts of a stream, and references may have members beside them', () => {
  const base = { type: 'HttpRequester', url_base: 'https://api.acme.example', path: '/{{ parameters.path_name }}' };
  const { adapter } = draft({
    root: { definitions: { base } },
    stream: {
      name: undefined,
      primary_key: undefined,
      $parameters: { name: 'people', primary_key: 'id', path_name: 'persons' },
    },
    retriever: {
      requester: '#/definitions/base',
      record_selector: { extractor: { field_path: ['{{ parameters.name }}'] } },
    },
  } as never);
  expect(adapter.resources).toMatchObject([{ name: 'people', path: '/persons', records: 'people', key: ['id'] }]);
});

test('fields are renamed and removed, and what else a stream does to records is listed', () => {
  const transformations = [
    {
      type: 'AddFields',
      fields: [
        { path: ['name'], value: "{{ record['profile']['name'] }}" },
        { path: ['day'], value: '{{ today_utc() }}' },
      ],
    },
    { type: 'RemoveFields', field_pointers: [['updated_at']] },
    { type: 'CustomTransformation', class_name: 'x' },
  ];
  const filter = {
    type: 'RecordSelector',
    extractor: { field_path: ['data'] },
    record_filter: { condition: "{{ record['a'] }}" },
  };
  const { adapter, leftOut } = draft({ stream: { transformations }, retriever: { record_selector: filter } });
  expect(adapter.resources[0]?.fields.map(({ name, path }) => [name, path])).toEqual([
    ['id', 'id'],
    ['name', 'profile.name'],
  ]);
  expect(leftOut.map(({ what }) => what)).toEqual([
    'customers: the added field day',
    'customers: CustomTransformation',
    'customers: its filter',
  ]);
});

/** A manifest with streams of these names, whose other parts are alike. */
function manifestOf(...names: readonly string[]) {
  const [stream] = manifestWith().streams;
  return { ...manifestWith(), streams: names.map((name) => ({ ...stream, name })) };
}

test.each([
  ['as the manifest has it', 'Sales Orders'],
  ['as the resource is called', 'sales_orders'],
])('a stream is named %s', (_title, name) => {
  const found = draftOfManifest(manifestOf('customers', 'Sales Orders', 'notes'), { ...choices, streams: [name] });
  expect(found.adapter.resources.map((resource) => resource.name)).toEqual(['sales_orders']);
});

test.each([
  ['salesorders', 'Did you mean sales_orders?'],
  ['invoices', 'It has customers, sales_orders.'],
])('a name that no stream has is refused: %s', (name, hint) => {
  const refused = () =>
    draftOfManifest(manifestOf('customers', 'Sales Orders'), { ...choices, streams: ['customers', name] });
  expect(refused).toThrow(UsageError);
  expect(refused).toThrow(
    expect.objectContaining({ message: `the manifest has no stream ${name}; nothing was written`, hint }),
  );
});

test('a budget of hits is the throttle, and streams elsewhere are listed', () => {
  const rates = [
    { limit: 100, interval: 'PT1M' },
    { limit: 5, interval: 'PT1S' },
  ];
  const manifest = manifestWith({
    root: { api_budget: { policies: [{ rates }] }, dynamic_streams: [{ name: 'boards' }] },
  });
  const found = draftOfManifest(manifest, { ...choices, throttle: null });
  expect(found.adapter.throttle).toEqual([
    { hits: 5, per: '1s' },
    { hits: 100, per: '60s' },
  ]);
  expect(found.leftOut).toEqual([{ what: 'boards', why: expect.stringContaining('while it runs') }]);
});

function budgetOf(...policies: readonly object[]) {
  const manifest = manifestWith({ root: { api_budget: { policies } } });
  return draftOfManifest(manifest, { ...choices, throttle: null });
}

test('a window of fixed length is a limit too', () => {
  const found = budgetOf(
    { type: 'FixedWindowCallRatePolicy', period: 'PT1H', call_limit: 1000 },
    { type: 'MovingWindowCallRatePolicy', rates: [{ limit: '10', interval: 'PT1S' }] },
  );
  expect(found.adapter.throttle).toEqual([
    { hits: 10, per: '1s' },
    { hits: 1000, per: '3600s' },
  ]);
  expect(found.notes).toEqual([]);
});

test.each<[string, object]>([
  ['a limit that is calculated', { rates: [{ limit: "{{ config['limit'] }}", interval: 'PT1M' }] }],
  ['an interval of weeks', { rates: [{ limit: 100, interval: 'P1W' }] }],
  ['a window of fixed length without a limit', { type: 'FixedWindowCallRatePolicy', period: 'PT1M' }],
  ['a policy without rates', { type: 'CustomCallRatePolicy' }],
])('one hit per minute is allowed where a stated limit cannot be read: %s', (_title, policy) => {
  const found = budgetOf({ rates: [{ limit: 5, interval: 'PT1S' }] }, policy);
  expect(found.adapter.throttle).toEqual([{ hits: 1, per: '60s' }]);
  expect(found.notes).toEqual([expect.stringContaining('one hit per minute; --throttle 10/1s says otherwise')]);
});

/** A stream that is asked for once for each customer. */
function orders({ parent = {}, requester = {}, stream = {}, router = {} }: Record<string, object> = {}) {
  return {
    name: 'orders',
    primary_key: 'id',
    schema_loader: {
      type: 'InlineSchemaLoader',
      schema: { type: 'object', properties: { id: { type: 'integer' }, customer: { type: 'string' } } },
    },
    retriever: {
      requester: {
        $ref: '#/definitions/base',
        path: "/customers/{{ stream_partition['customer_id'] }}/orders",
        ...requester,
      },
      record_selector: { extractor: { field_path: [] } },
      partition_router: {
        type: 'SubstreamPartitionRouter',
        parent_stream_configs: [{ stream: '#/streams/0', parent_key: 'id', partition_field: 'customer_id', ...parent }],
        ...router,
      },
    },
    ...stream,
  };
}

function draftWith(...children: readonly object[]) {
  const { streams, ...rest } = manifestWith();
  return (more: Partial<AirbyteChoices> = {}) => {
    const found = draftOfManifest({ ...rest, streams: [...streams, ...children] }, { ...choices, ...more });
    if (found.adapter.resources.length === 0) return found;
    checkConfig(
      { path: 'x', dir: '/', content: configOf(found, { name: 'crm', target: { type: 'sqlite', file: 'sync.db' } }) },
      {},
    );
    return found;
  };
}

test('a stream that is asked for with the records of another one is a child of that', () => {
  const { adapter, leftOut } = draftWith(orders())();
  expect(leftOut).toEqual([]);
  expect(adapter.resources.map(({ name }) => name)).toEqual(['customers', 'orders']);
  expect(adapter.resources[1]).toMatchObject({ of: 'customers', path: '/customers/{id}/orders', key: ['id'] });
});

test('the key of the parent may be a parameter, by a template or by an option', () => {
  const template = { path: '/orders', request_parameters: { customer: '{{ stream_slice.customer_id }}' } };
  const option = { request_option: parameter('customer') };
  for (const child of [orders({ requester: template }), orders({ requester: { path: '/orders' }, parent: option })]) {
    expect(draftWith(child)().adapter.resources[1]).toMatchObject({
      ...{ of: 'customers', path: '/orders', query: { customer: '{id}' } },
    });
  }
});

test('a field that has the key of the parent is filled from it', () => {
  const fields = [{ path: ['customer'], value: '{{ stream_partition.customer_id }}' }];
  const { adapter, leftOut } = draftWith(orders({ stream: { transformations: [{ type: 'AddFields', fields }] } }))();
  expect(leftOut).toEqual([]);
  expect(adapter.resources[1]?.fields).toContainEqual(expect.objectContaining({ name: 'customer', path: '_parent' }));
});

test('the children of children are read as well', () => {
  const lines = orders({
    ...{ stream: { name: 'lines' }, requester: { path: '/orders/{{ stream_partition.order_id }}/lines' } },
    parent: { stream: '#/streams/1', partition_field: 'order_id' },
  });
  const { adapter } = draftWith(orders(), lines)();
  expect(adapter.resources[2]).toMatchObject({ name: 'lines', of: 'orders', path: '/orders/{id}/lines' });
});

test.each<[string, Parameters<typeof orders>[0], string]>([
  ['a field that is not the key', { parent: { parent_key: 'name' } }, 'with name of customers, which is not the key'],
  ['several streams', { router: { parent_stream_configs: [{}, {}] } }, 'for each record of several streams'],
  ['no stream', { router: { parent_stream_configs: [] } }, 'once for each part (SubstreamPartitionRouter)'],
  ['itself', { parent: { stream: '#/streams/1' } }, 'with the records of orders, which is left out'],
  [
    'a stream that is left out',
    { parent: { stream: { name: 'people', type: 'StateDelegatingStream' } } },
    'with the records of people, which is left out',
  ],
  ['a header', { parent: { request_option: { inject_into: 'header', field_name: 'x' } } }, 'goes into header'],
  ['nothing', { requester: { path: '/orders' } }, 'the key of customers goes where no config can put it'],
  ['a key that is calculated', { parent: { parent_key: '{{ now_utc() }}' } }, 'the key of its parent is an expression'],
])('a child is left out where it is asked for with %s', (_title, parts, why) => {
  const { adapter, leftOut } = draftWith(orders(parts))();
  expect(adapter.resources.map(({ name }) => name)).toEqual(['customers']);
  expect(leftOut).toEqual([{ what: 'orders', why: expect.stringContaining(why) }]);
});

test('a child is left out where its parent is not wanted', () => {
  const { adapter, leftOut } = draftWith(orders())({ streams: ['orders'] });
  expect(adapter.resources).toEqual([]);
  expect(leftOut).toEqual([{ what: 'orders', why: expect.stringContaining('which the config does not have') }]);
});

test('a child has no bookmark', () => {
  const incremental_sync = {
    type: 'DatetimeBasedCursor',
    cursor_field: 'customer',
    datetime_format: '%s',
    start_time_option: parameter('since'),
  };
  const { adapter, leftOut } = draftWith(orders({ stream: { incremental_sync } }))();
  expect(adapter.resources[1]?.changes).toBeNull();
  expect(leftOut).toEqual([
    { what: 'orders: its incremental cursor', why: expect.stringContaining('each pass reads everything') },
  ]);
});
