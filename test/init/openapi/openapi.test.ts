import { expect, test } from 'vitest';
import { checkConfig } from '../../../src/config/load.ts';
import { configOf } from '../../../src/init/config.ts';
import { Api } from '../../../src/init/openapi/api.ts';
import { draftOf } from '../../../src/init/openapi/draft.ts';
import { listsOf } from '../../../src/init/openapi/lists.ts';
import type { OpenApiChoices } from '../../../src/init/openapi/resources.ts';

const choices: OpenApiChoices = { params: {}, include: [], throttle: null, headers: {}, from: null, url: null };
const customer = {
  type: 'object',
  required: ['id', 'name'],
  properties: {
    id: { type: 'integer' },
    name: { type: 'string' },
    born: { type: ['string', 'null'], format: 'date' },
    address: { type: 'object', properties: { city: { type: 'string' }, zip: { type: 'string', nullable: true } } },
    parent: { $ref: '#/components/schemas/Customer' },
    password: { type: 'string', writeOnly: true },
    api_key: { type: 'string' },
    extra: {},
  },
};

/** A document with one list, which answers this and takes these parameters. */
function documentWith(schema: object, parameters: readonly object[] = [], more: object = {}) {
  return {
    openapi: '3.1.0',
    servers: [{ url: 'https://{region}.example.com/v1', variables: { region: { default: 'eu' } } }],
    paths: {
      '/customers': {
        parameters,
        get: { responses: { 200: { content: { 'application/json': { schema } }, ...more } } },
      },
    },
    components: { schemas: { Customer: customer } },
  };
}

const listed = { type: 'array', items: { $ref: '#/components/schemas/Customer' } };

function draft(document: object, more: Partial<OpenApiChoices> = {}) {
  const api = new Api({ ...document });
  const lists = listsOf(api);
  const found = draftOf(api, lists, lists.lists, { ...choices, ...more });
  if (typeof found === 'string') throw new Error(found);
  return found;
}

test('a schema that contains itself becomes columns, and what nobody may keep is listed', () => {
  const found = draft(documentWith(listed));
  expect(found.adapter).toMatchObject({ name: 'example', baseUrl: 'https://eu.example.com/v1' });
  const [resource] = found.adapter.resources;
  expect(resource).toMatchObject({ name: 'customers', path: '/customers', records: null, key: ['id'] });
  expect(resource?.fields).toEqual([
    { name: 'id', path: 'id', type: 'integer', isNullable: false },
    { name: 'name', path: 'name', type: 'string', isNullable: false },
    { name: 'born', path: 'born', type: 'date', isNullable: true },
    { name: 'address_city', path: 'address.city', type: 'string', isNullable: true },
    { name: 'address_zip', path: 'address.zip', type: 'string', isNullable: true },
    { name: 'parent', path: 'parent', type: 'object', isNullable: true },
  ]);
  expect(found.leftOut.map(({ what }) => what)).toEqual(
    ['password', 'api_key', 'extra'].map((name) => `customers: ${name}`),
  );
});

const secretive = 'https://ada:S3CR3T@api.example.com/v1?key=S3CR3T#S3CR3T';

test.each<[string, object, Partial<OpenApiChoices>]>([
  ['--url', {}, { url: new URL(secretive) }],
  ['the URL of the document', { servers: [{ url: '/v1' }] }, { from: new URL(secretive) }],
  ['a server of the document', { servers: [{ url: secretive }] }, {}],
])('a credential does not reach the base URL: %s', (_title, more, choice) => {
  const found = draft({ ...documentWith(listed), ...more }, choice);
  expect(found.adapter.baseUrl).toBe('https://api.example.com/v1');
});

test('allOf is joined, and what may be one thing or another is nullable or left out', () => {
  const items = {
    allOf: [
      { type: 'object', required: ['id'], properties: { id: { type: 'string' } } },
      { properties: { size: { oneOf: [{ type: 'integer' }, { type: 'object', properties: { w: {} } }] } } },
    ],
    properties: { state: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
  };
  const found = draft(documentWith({ type: 'array', items }));
  expect(found.adapter.resources[0]?.fields).toEqual([
    { name: 'state', path: 'state', type: 'string', isNullable: true },
    { name: 'id', path: 'id', type: 'string', isNullable: false },
  ]);
  expect(found.leftOut).toEqual([
    { what: 'customers: size', why: 'it may be integer or object, and no column holds both' },
  ]);
});

function envelope(properties: object): object {
  return { type: 'object', properties: { data: listed, ...properties } };
}

function query(name: string, schema: object = { type: 'integer' }): object {
  return { name, in: 'query', schema };
}

test.each<[string, object, readonly object[], object, object]>([
  [
    'a Link header',
    listed,
    [query('per_page', { maximum: 100 }), query('page')],
    { headers: { Link: {} } },
    { pagination: { type: 'link' }, query: { per_page: 100 } },
  ],
  [
    'a URL',
    envelope({ next: { type: 'string', format: 'uri' }, count: { type: 'integer' } }),
    [],
    {},
    { pagination: { type: 'next-url', next: 'next' }, total: 'count' },
  ],
  [
    'a cursor',
    envelope({ meta: { type: 'object', properties: { next_cursor: { type: 'string' } } } }),
    [query('cursor', { type: 'string' }), query('limit', { default: 25 })],
    {},
    { pagination: { type: 'cursor', next: 'meta.next_cursor', param: 'cursor' }, query: { limit: 25 } },
  ],
  [
    'the last record',
    envelope({ has_more: { type: 'boolean' } }),
    [query('starting_after', { type: 'string' }), query('limit', { maximum: 100 })],
    {},
    { pagination: { type: 'cursor', next: 'has_more && data[-1].id', param: 'starting_after', stable: true } },
  ],
  [
    'an offset',
    envelope({ total: { type: 'integer' } }),
    [query('offset'), query('limit')],
    {},
    { pagination: { type: 'offset', param: 'offset', limitParam: 'limit', limit: 100 }, total: 'total' },
  ],
  [
    'pages, with the largest size that a description names',
    listed,
    [query('page', { default: 0 }), { ...query('size'), description: 'How many (max 50).' }],
    {},
    { pagination: { type: 'page', param: 'page', start: 0, sizeParam: 'size', size: 50 } },
  ],
])('finds how pages are linked: %s', (_title, schema, parameters, more, expected) => {
  expect(draft(documentWith(schema, parameters, more)).adapter.resources[0]).toMatchObject(expected);
});

test.each<[string, object, number]>([
  ['Maximum 1,000.', {}, 1000],
  ['The maximum is 1 000 items.', {}, 1000],
  ['max: 2_500', {}, 1000],
  ['max 250, 10 by default', {}, 250],
  ['max 100,1000 is refused', {}, 100],
  ['max 0', {}, 100],
  ['max 1', {}, 100],
  ['', { default: 1 }, 100],
  ['', { maximum: 1 }, 100],
  ['', { default: 20 }, 20],
])('an offset goes on by pages of a size that can be used: %s %j', (description, schema, limit) => {
  const parameters = [query('offset'), { ...query('limit', { type: 'integer', ...schema }), description }];
  expect(draft(documentWith(listed, parameters)).adapter.resources[0]?.pagination).toEqual({
    type: 'offset',
    param: 'offset',
    limitParam: 'limit',
    limit,
  });
});

test('a parameter that is needed has a value, a default, or keeps the list out', () => {
  const parameters = [
    { name: 'tenant', in: 'query', required: true, schema: { type: 'string' } },
    { name: 'X-Version', in: 'header', required: true, schema: { enum: ['2026-01'] } },
  ];
  const without = draft(documentWith(listed, parameters));
  expect(without.leftOut).toEqual([{ what: 'customers (GET /customers)', why: 'it needs tenant: --param tenant=…' }]);
  const [resource] = draft(documentWith(listed, parameters), { params: { tenant: 'acme' } }).adapter.resources;
  expect(resource).toMatchObject({ query: { tenant: 'acme' }, headers: { 'X-Version': '2026-01' } });
});

test.each<[string, object, object | null, number]>([
  ['a bearer token', { type: 'http', scheme: 'bearer' }, { type: 'bearer', token: '${EXAMPLE_TOKEN}' }, 0],
  [
    'a user',
    { type: 'http', scheme: 'basic' },
    { type: 'basic', username: '${EXAMPLE_USER}', password: '${EXAMPLE_PASSWORD}' },
    0,
  ],
  [
    'a header',
    { type: 'apiKey', in: 'header', name: 'X-Key' },
    { type: 'header', name: 'X-Key', value: '${EXAMPLE_X_KEY}' },
    0,
  ],
  [
    'a parameter',
    { type: 'apiKey', in: 'query', name: 'key' },
    { type: 'query', param: 'key', value: '${EXAMPLE_KEY}' },
    0,
  ],
  [
    'client credentials',
    { type: 'oauth2', flows: { clientCredentials: { tokenUrl: 'https://id.example.com/token', scopes: {} } } },
    {
      type: 'oauth2',
      tokenUrl: 'https://id.example.com/token',
      clientId: '${EXAMPLE_CLIENT_ID}',
      clientSecret: '${EXAMPLE_CLIENT_SECRET}',
    },
    0,
  ],
  [
    'a person who logs in',
    { type: 'oauth2', flows: { authorizationCode: {} } },
    { type: 'bearer', token: '${EXAMPLE_TOKEN}' },
    1,
  ],
  ['a cookie, which is not sent', { type: 'apiKey', in: 'cookie', name: 'sid' }, null, 1],
])('signs requests by the security scheme: %s', (_title, scheme, auth, notes) => {
  const document = {
    ...documentWith(listed),
    security: [{ main: [] }],
    components: { schemas: { Customer: customer }, securitySchemes: { main: scheme } },
  };
  const found = draft(document, { throttle: [{ hits: 1, per: '1s' }] });
  expect(found.adapter.auth).toEqual(auth);
  expect(found.notes).toHaveLength(notes);
});

test('lists with one name are apart, and the config is valid', () => {
  const item = documentWith(listed).paths['/customers'];
  const paths = {
    '/customers': item,
    '/shops/{shop}/customers': item,
    '/shops/{shop}/customers/{id}': item,
    '/v1/customers': item,
  };
  const parameters = [
    { name: 'shop', in: 'path', required: true, schema: {} },
    { name: 'id', in: 'path', required: true, schema: {} },
  ];
  const withParameters = Object.fromEntries(
    Object.entries(paths).map(([path, node]) => [
      path,
      { ...node, parameters: parameters.filter(({ name }) => path.includes(`{${name}}`)) },
    ]),
  );
  const found = draft({ ...documentWith(listed), paths: withParameters }, { params: { shop: 'a b', id: '7' } });
  expect(found.adapter.resources.map(({ name, path }) => [name, path])).toEqual([
    ['customers', '/customers'],
    ['shops_customers', '/shops/a%20b/customers'],
    ['shops_customers_2', '/shops/a%20b/customers/7'],
    ['customers_2', '/v1/customers'],
  ]);
  const config = configOf(found, { name: 'crm', target: { type: 'sqlite', file: 'sync.db' } });
  expect(Object.keys(checkConfig({ path: 'x', dir: '/', content: config }, {}).config.resources)).toHaveLength(4);
});

const changed = {
  type: 'array',
  items: {
    type: 'object',
    required: ['id'],
    properties: {
      id: { type: 'integer' },
      updated_at: { type: 'string', format: 'date-time' },
      mtime: { type: 'integer', format: 'unix-time' },
    },
  },
};
const inQuery = (name: string, schema: object = { type: 'string', format: 'date-time' }, more: object = {}) => {
  return { name, in: 'query', schema, ...more };
};

test.each([
  ['updated_since', inQuery('updated_since')],
  ['modifiedAfter', inQuery('modifiedAfter')],
  ['updated_at[gte]', inQuery('updated_at[gte]', { type: 'string' })],
  [
    'since',
    inQuery('since', undefined, { description: 'Only show results that were last updated after the given time.' }),
  ],
])('a parameter that asks for what changed is the way of the passes: %s', (param, parameter) => {
  const found = draft(documentWith(changed, [parameter]));
  expect(found.adapter.resources[0]?.changes).toEqual({ field: 'updated_at', param });
  expect(found.notes).toContain(
    'customers: a pass asks for what changed since the last one, and one a day reads everything',
  );
});

test('a time in seconds is asked for in seconds', () => {
  const { updated_at: _, ...properties } = changed.items.properties;
  const schema = { ...changed, items: { ...changed.items, properties } };
  const [resource] = draft(documentWith(schema, [inQuery('updated_since', { type: 'integer' })])).adapter.resources;
  expect(resource?.changes).toEqual({ field: 'mtime', param: 'updated_since', format: 'seconds' });
});

test.each([
  ['asks for what was made', changed, inQuery('created_since')],
  ['does not say of what', changed, inQuery('since')],
  ['has days', changed, inQuery('updated_since', { type: 'string', format: 'date' })],
  ['is a number where the records have texts', changed, inQuery('updated_since', { type: 'integer' })],
  ['finds no time in the records', listed, inQuery('updated_since')],
  [
    'is required',
    changed,
    inQuery('updated_since', undefined, { required: true, schema: { type: 'string', default: '2020-01-01' } }),
  ],
])('every pass reads everything where the parameter %s', (_title, schema, parameter) => {
  const [resource] = draft(documentWith(schema, [parameter])).adapter.resources;
  expect([resource?.name, resource?.changes]).toEqual(['customers', null]);
});

/** A document whose list is searched by POST. */
function searchedBy(path: string, body: object, more: object = {}) {
  const { paths: _, ...rest } = documentWith(listed);
  const post = {
    requestBody: { content: { 'application/json': { schema: { type: 'object', ...body } } } },
    responses: {
      200: {
        content: {
          'application/json': {
            schema: { type: 'object', properties: { data: listed, next_cursor: { type: 'string' } } },
          },
        },
      },
    },
  };
  return { ...rest, paths: { [path]: { post }, ...more } };
}

test('a search by POST is a list, with its pages in the body', () => {
  const properties = {
    cursor: { type: 'string' },
    limit: { type: 'integer', maximum: 50 },
    scope: { type: 'string', default: 'all' },
    depth: { type: 'integer' },
  };
  const document = searchedBy('/customers/search', { properties, required: ['scope', 'depth'] });
  expect(draft(document).leftOut).toEqual([
    { what: 'customers (POST /customers/search)', why: expect.stringContaining('--param depth=') },
  ]);
  const found = draft(document, { params: { depth: '2' } });
  const [resource] = found.adapter.resources;
  expect(resource).toMatchObject({
    ...{ name: 'customers', path: '/customers/search', query: {}, body: { scope: 'all', depth: 2, limit: 50 } },
    ...{ records: 'data', pagination: { type: 'cursor', next: 'next_cursor', param: 'cursor' } },
  });
  const config = configOf(found, { name: 'crm', target: { type: 'sqlite', file: 'sync.db' } });
  expect(config).toMatchObject({ adapters: { example: { resources: { customers: { method: 'POST' } } } } });
  checkConfig({ path: 'x', dir: '/', content: config }, {});
});

test('a search of what GET lists is left out, and so is every other POST', () => {
  const { paths } = documentWith(listed);
  const lists = (document: object) =>
    listsOf(new Api({ ...document })).lists.map(({ method, path }) => `${method} ${path}`);
  expect(lists(searchedBy('/customers/search', {}, paths))).toEqual(['GET /customers']);
  expect(lists(searchedBy('/customers:query', {}))).toEqual(['POST /customers:query']);
  expect(lists(searchedBy('/customers/bulk', {}))).toEqual([]);
  expect(lists(searchedBy('/customers', {}))).toEqual([]);
});
