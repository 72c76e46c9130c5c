import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { mapped } from '../helpers/in-step.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, type BaseConfig, customers, expectInStep, type RemoteCustomer } from '../helpers/sync.ts';
import { aThirdParty, type Dialect } from '../helpers/third-party.ts';

const hitsFor: Record<Dialect, number> = { none: 1, page: 3, offset: 4, cursor: 3, link: 3, 'next-url': 3 };

test.each(Object.entries(hitsFor))(
  'a rest API with pagination "%s" is read whole, then what changed',
  async (dialect, hits) => {
    const records = customers(12);
    await using project = await aProject({ redis, records, dialect: dialect as Dialect, pageSize: 4 });
    expect((await project.sync()).json()).toMatchObject({ outcome: 'done', hits, pages: hits, records: 12 });
    await expectInStep(project);

    project.serve([aCustomer(1, { status: 'gold' }), ...customers(10, 2), aCustomer(13)]);
    const { counts } = (await project.sync()).json();
    expect(counts).toMatchObject({ created: 1, updated: 1 });
    await project.sync();
    await expectInStep(project);
  },
);

describe('credentials', () => {
  const secret = 'open-sesame-42';
  const basic = Buffer.from(`crm:${secret}`).toString('base64');
  const auths = [
    [{ type: 'bearer', token: secret }, { authorization: `Bearer ${secret}` }, ''],
    [{ type: 'basic', username: 'crm', password: secret }, { authorization: `Basic ${basic}` }, ''],
    [{ type: 'header', name: 'X-Api-Key', value: secret }, { 'x-api-key': secret }, ''],
    [{ type: 'query', param: 'api_key', value: secret }, {}, secret],
  ] as const;

  test.each(auths)('$type are sent with every page, and shown nowhere', async (auth, headers, parameter) => {
    const config = withAdapter({ auth });
    await using project = await aProject({ redis, records: customers(4), dialect: 'link', pageSize: 2, config });
    const half = await project.sync(['run', '--json', '--max-pages', '1', '--log-level', 'debug']);
    expect(JSON.stringify(project.query('SELECT checkpoint FROM _sync_passes'))).not.toContain(secret);
    const outputs = [
      half,
      await project.sync(['run', '--json', '--log-level', 'debug']),
      await project.sync(['run', '--log-level', 'debug']),
      await project.sync(['status', '--json']),
    ];

    expect(outputs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
    expect(project.party.arrivals).toHaveLength(4);
    for (const arrival of project.party.arrivals) {
      expect(arrival.headers).toMatchObject(headers);
      expect(arrival.url.searchParams.get('api_key') ?? '').toBe(parameter);
    }
    for (const { stdout, stderr } of outputs) {
      expect(stdout + stderr).not.toContain(secret);
      expect(stdout + stderr).not.toContain(basic);
    }
  });

  test.each(['link', 'next-url'] as const)(
    'stay here: a "%s" to another origin is no page, and is not asked',
    async (dialect) => {
      await using elsewhere = await aThirdParty({ records: customers(2) });
      const config = withAdapter({ auth: auths[0][0] });
      await using project = await aProject({ redis, records: customers(6), dialect, pageSize: 2, config });
      project.party.script({
        headers: { link: `<${elsewhere.url}/customers>; rel="next"` },
        body: dialect === 'link' ? customers(2) : { data: customers(2), links: { next: `${elsewhere.url}/customers` } },
      });
      const { exitCode, json } = await project.sync();

      expect(exitCode).toBe(76);
      expect(json().errors).toMatchObject([
        { message: expect.stringContaining(`is on another origin, ${elsewhere.url}`) },
      ]);
      expect(elsewhere.arrivals).toHaveLength(0);
      expect(project.rows()).toEqual([]);
    },
  );

  test.each([301, 302, 307, 308])('stay here: a redirect (%i) to another origin is not followed', async (status) => {
    await using elsewhere = await aThirdParty({ records: customers(2) });
    await using project = await aProject({ redis, records: customers(3), config: withAdapter({ auth: auths[0][0] }) });
    project.party.script({ status, headers: { location: `${elsewhere.url}/customers` } });

    expect((await project.sync()).exitCode).toBe(76);
    expect(elsewhere.arrivals).toHaveLength(0);
    expect(project.party.arrivals).toHaveLength(1);
  });

  test('are not given to a module that asks another origin', async () => {
    await using elsewhere = await aThirdParty({ records: customers(2) });
    const config = (base: BaseConfig) => ({
      ...base,
      adapters: { acme: { type: './own.mjs', baseUrl: base.adapters.acme.baseUrl, elsewhere: elsewhere.url } },
    });
    await using project = await aProject({ redis, config });
    await project.write('own.mjs', moduleThatAsks('options.elsewhere'));
    const { exitCode, json } = await project.sync();

    expect(exitCode).toBe(76);
    expect(json().errors).toMatchObject([{ message: expect.stringContaining('nothing was sent') }]);
    expect(elsewhere.arrivals).toHaveLength(0);
  });
});

test('a module of the user reads what it wants, by hits that are counted and throttled like all', async () => {
  const config = (base: BaseConfig) => ({
    ...base,
    adapters: {
      acme: {
        type: './own.mjs',
        baseUrl: base.adapters.acme.baseUrl,
        throttle: base.adapters.acme.throttle,
        auth: { type: 'bearer', token: 'a-token-of-mine' },
        resources: base.adapters.acme.resources,
      },
    },
  });
  await using project = await aProject({ redis, records: customers(7), config });
  await project.write('own.mjs', moduleThatAsks('options.baseUrl'));
  expect((await project.sync()).json()).toMatchObject({ outcome: 'done', hits: 1, counts: { created: 7 } });
  expect(project.party.arrivals.map(({ headers }) => headers.authorization)).toEqual(['Bearer a-token-of-mine']);
  await expectInStep(project);
});

test('headers and query of the config are sent with every page', async () => {
  const config = (base: BaseConfig) => {
    const { customers } = base.adapters.acme.resources;
    const resources = { customers: { ...customers, query: { kind: 'all' }, headers: { 'X-Page': 'yes' } } };
    return withAdapter({ headers: { 'X-Tenant': 'north' }, resources })(base);
  };
  await using project = await aProject({ redis, records: customers(4), dialect: 'cursor', pageSize: 2, config });
  await project.sync();
  for (const { headers, url } of project.party.arrivals) {
    expect(headers).toMatchObject({ 'x-tenant': 'north', 'x-page': 'yes', accept: 'application/json' });
    expect(url.searchParams.get('kind')).toBe('all');
  }
});

describe('a file', () => {
  const map = { id: 'id', email: 'contact.email', state: 'status', tags: 'labels[].name' };
  const flat = { id: 'id', email: 'mail', state: 'status', tags: 'tags' };
  const formats = {
    'list.json': { content: (records: readonly RemoteCustomer[]) => JSON.stringify(records), map },
    'list.ndjson': { content: (records: readonly RemoteCustomer[]) => records.map(asJson).join('\n'), map },
    'list.csv': { content: asCsv, map: flat },
  };
  const cases = Object.keys(formats).flatMap((name) => [name, `${name}.gz`]) as (keyof typeof formats)[];
  const bytesOf = (name: keyof typeof formats, records: readonly RemoteCustomer[]) => {
    const { content } = formats[plain(name)];
    return name.endsWith('.gz') ? gzipSync(content(records)) : content(records);
  };
  const plain = (name: string) => name.replace('.gz', '') as keyof typeof formats;

  test.each(cases)('%s is read from a path, with no hit', async (name) => {
    const config = withFile({ path: `./${name}`, map: formats[plain(name)].map });
    await using project = await aProject({ redis, records: customers(30), config });
    writeFileSync(join(project.dir, name), bytesOf(name, customers(30)));
    expect((await project.sync()).json()).toMatchObject({ outcome: 'done', hits: 0, records: 30 });
    await expectInStep(project);

    const later = [aCustomer(1, { status: 'gold "and" more, so' }), ...customers(28, 2)];
    writeFileSync(join(project.dir, name), bytesOf(name, later));
    expect((await project.sync()).json().counts).toEqual({ created: 0, updated: 1, deleted: 1 });
    await expectInStep(project, { rows: later.map(mapped) });
    expect(project.party.arrivals).toHaveLength(0);
  });

  test.each(cases)('%s is downloaded from a URL, with one hit', async (name) => {
    const config = (base: BaseConfig) =>
      withFile({ url: `${base.adapters.acme.baseUrl}/${name}`, map: formats[plain(name)].map })(base);
    await using project = await aProject({ redis, records: customers(30), config });
    project.party.script({ body: bytesOf(name, customers(30)) });
    expect((await project.sync()).json()).toMatchObject({ outcome: 'done', hits: 1, records: 30 });
    await expectInStep(project);
  });

  test('that is cut off inside a record writes no deletion', async () => {
    const config = withFile({ path: './list.json', map });
    await using project = await aProject({ redis, records: customers(30), config });
    await project.write('list.json', JSON.stringify(customers(30)));
    await project.sync();
    await project.write('list.json', JSON.stringify(customers(30)).slice(0, -500));
    expect((await project.sync()).exitCode).toBe(76);
    expect(project.events('customers.deleted')).toEqual([]);
    await expectInStep(project);
  });

  test('that is not there is reported like a third party that cannot be reached', async () => {
    await using project = await aProject({ redis, config: withFile({ path: './list.json', map }) });
    const { exitCode, stderr } = await project.sync(['run']);
    expect(exitCode).toBe(69);
    expect(stderr).toContain('list.json cannot be read');
  });
});

function withAdapter(changed: object) {
  return (config: BaseConfig) => ({ ...config, adapters: { acme: { ...config.adapters.acme, ...changed } } });
}

function withFile(customers: object) {
  return (config: BaseConfig) => {
    const { throttle } = config.adapters.acme;
    return { ...config, adapters: { acme: { type: 'file', throttle, resources: { customers } } } };
  };
}

/** An adapter as a user writes it: one page, from an origin that an expression names. */
function moduleThatAsks(origin: string): string {
  return `export default {
    create: (options) => ({
      modes: () => ['snapshot'],
      isStable: () => true,
      async fetchPage(request, { http }) {
        const { body } = await http.request({ url: new URL('/customers', ${origin}) });
        const records = JSON.parse(await new Response(ReadableStream.from(body)).text());
        return { mode: 'snapshot', records, next: null };
      },
    }),
  };`;
}

function asJson(record: object): string {
  return JSON.stringify(record);
}

function asCsv(records: readonly RemoteCustomer[]): string {
  const rows = records.map(({ id, contact, status, labels }) => {
    const tags = JSON.stringify(labels.map(({ name }) => name));
    return [id, contact.email, status, tags].map((field) => `"${field.replaceAll('"', '""')}"`).join();
  });
  return ['id,mail,status,tags', ...rows].join('\r\n');
}
