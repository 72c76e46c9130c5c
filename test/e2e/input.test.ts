import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, type BaseConfig, customers, expectInStep, type Project } from '../helpers/sync.ts';
import type { Scripted } from '../helpers/third-party.ts';

const text = JSON.stringify(customers(20));
const gzip = { 'content-encoding': 'gzip', 'content-type': 'application/json' };
const bomb = gzipSync(`[{"id":"1","x":"${'0'.repeat(60_000_000)}"}]`);
const noPages: Record<string, { readonly answer: Scripted; readonly says: RegExp }> = {
  'an empty body': { answer: { body: '' }, says: /an empty body/ },
  'truncated JSON': { answer: { body: text.slice(0, -20) }, says: /broken JSON/ },
  'HTML with status 200': { answer: { body: '<!doctype html><p>Sign in</p>' }, says: /HTML with status 200/ },
  'an object': {
    answer: { body: { note: 'try later' } },
    says: /not an array; the body has the keys `note`/,
  },
  null: { answer: { body: 'null' }, says: /not an array/ },
  'bytes that are not UTF-8': {
    answer: { body: Buffer.concat([Buffer.from('[{"id":"1","x":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}]')]) },
    says: /not UTF-8/,
  },
  'a body over maxBody': { answer: { body: JSON.stringify(customers(40_000)) }, says: /maxBody|1MB|larger/ },
  'a gzip bomb': { answer: { headers: gzip, body: bomb }, says: /maxBody|1MB|larger/ },
  'gzip that is cut off': {
    answer: { headers: gzip, body: gzipSync(text).subarray(0, -30) },
    says: /cut off|gzip|unexpected/,
  },
};

describe('an answer that is not a page writes nothing and deletes nothing:', () => {
  test.each(Object.entries(noPages))('%s', async (_name, { answer, says }) => {
    await using project = await aProject({ redis, records: customers(20), config: withMaxBody });
    await project.sync();
    const before = project.rows();
    project.party.script(answer);
    const { exitCode, json } = await project.sync();

    expect(exitCode).toBe(76);
    expect(json()).toMatchObject({ outcome: 'failed', hits: 1, pages: 0 });
    expect(json().errors).toMatchObject([{ message: expect.stringMatching(says) }]);
    expect(project.rows()).toEqual(before);
    expect((await project.sync()).json().outcome).toBe('done');
    await expectInStep(project);
  });

  test('one that ends in the middle', async () => {
    await using project = await aProject({ redis, records: customers(20) });
    await project.sync();
    project.party.script({ body: JSON.stringify(customers(10)), cut: 'in-body' });
    const { exitCode } = await project.sync();

    expect(exitCode).toBe(76);
    expect(project.events('customers.deleted')).toEqual([]);
    await inStepAfterBackOff(project);
  });
});

test('a page without records goes on to the next one', async () => {
  await using project = await aProject({ redis, records: customers(6), dialect: 'cursor', pageSize: 3 });
  project.party.script({ body: { data: [], meta: { next: '0' } } });
  expect((await project.sync()).json()).toMatchObject({ outcome: 'done', pages: 3, counts: { created: 6 } });
  await expectInStep(project);
});

test('of two records with one key the first one counts', async () => {
  const twice = [...customers(40), aCustomer(1, { status: 'gold' }), aCustomer(2)];
  await using project = await aProject({ redis, records: twice });
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0, duplicates: 2, counts: { created: 40 } });
  expect(project.rows().filter(({ state }) => state !== 'active')).toEqual([]);
  expect((await project.sync()).json()).toMatchObject({ counts: { created: 0, updated: 0, deleted: 0 } });
});

test('a record on two pages is written once, whether it is equal or not', async () => {
  const records = [aCustomer(1), aCustomer(2), aCustomer(1), aCustomer(2, { status: 'gold' }), aCustomer(3)];
  await using project = await aProject({ redis, records, dialect: 'cursor', pageSize: 2 });
  await project.sync();
  expect(project.events().map(({ type, subject }) => `${type} ${subject}`)).toEqual([
    'customers.created 1',
    'customers.created 2',
    'customers.created 3',
  ]);
  expect(project.events('customers.deleted')).toEqual([]);
});

test('records that are not objects, have no key, or cannot be stored are kept in quarantine with their reasons', async () => {
  const good = customers(200);
  const bad = [
    'text',
    null,
    [1],
    { contact: { email: 'nobody@example.com' } },
    { ...aCustomer(301), id: '' },
    { ...aCustomer(302), contact: { email: 'a\u0000b' } },
    { ...aCustomer(303), contact: { email: 'half \ud83d a pair' } },
    { ...aCustomer(304), status: { of: 'nothing' } },
    { ...aCustomer(305), id: 'nul\u0000key' },
  ] as object[];
  await using project = await aProject({ redis, records: [...good, ...bad] });
  const { exitCode, json } = await project.sync();

  expect(exitCode).toBe(0);
  expect(json()).toMatchObject({ rejected: 9, counts: { created: 200 } });
  const { rejects } = (await project.sync(['rejects', 'list', '--json'])).json<Rejects>();
  const reasons = rejects.map(({ key, reasons }) => `${key}: ${reasons.join()}`).toSorted();
  expect(reasons).toEqual(
    [
      'null: is a string, not an object',
      'null: is null, not an object',
      'null: is an array, not an object',
      'null: id is missing, and it is the key',
      'null: id is empty, and it is the key',
      '302: email has a NUL character, which databases cannot keep',
      '303: email has half a surrogate pair, which UTF-8 cannot encode',
      '304: state is {"of":"nothing"}, not a string',
      'null: id has a NUL character, which databases cannot keep',
    ].toSorted(),
  );
});

test('a record that is nested deeper than any stack is rejected, and the others are written', async () => {
  const deep = `{"id":"deep","labels":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
  const plainTags = (config: BaseConfig) => withMap(config, { id: 'id', tags: 'labels' });
  await using project = await aProject({ redis, records: customers(30), config: plainTags });
  const body = `[${deep},${JSON.stringify(customers(30)).slice(1)}`;
  project.party.script({ body });
  const { exitCode, json } = await project.sync();

  expect(exitCode).toBe(0);
  expect(json()).toMatchObject({ rejected: 1, counts: { created: 30 } });
});

test('a field of ten megabytes arrives whole, in the table and in the event', async () => {
  const long = 'ä'.repeat(5_000_000);
  await using project = await aProject({ redis, records: [aCustomer(1, { status: long })] });
  expect((await project.sync()).exitCode).toBe(0);

  expect(project.rows().map(({ state }) => state === long)).toEqual([true]);
  expect(project.events().map(({ data }) => data.after?.state === long)).toEqual([true]);
  expect((await project.streamEvents()).map(({ event }) => event.data.after?.state === long)).toEqual([true]);
});

test('names that JavaScript keeps for itself are keys and values like any others', async () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
  const records = names.map((id) => `{"id":"${id}","status":"${id}","__proto__":{"contact":{"email":"a@b"}}}`);
  await using project = await aProject({ redis });
  project.party.script({ body: `[${records.join()}]` }, { body: `[${records.join()}]` });
  await project.sync();

  expect(project.rows().map(({ id, state, email }) => [id, state, email])).toEqual(
    names.toSorted().map((id) => [id, id, null]),
  );
  expect((await project.sync()).json()).toMatchObject({ counts: { created: 0, updated: 0, deleted: 0 } });
});

test('integers past 2^53 are exact in the table, and text in the event', async () => {
  const config = (base: BaseConfig) => {
    const { schema } = base.resources.customers;
    const properties = { ...schema.properties, size: { type: 'integer' } };
    const resources = { customers: { ...base.resources.customers, schema: { ...schema, properties } } };
    return { ...withMap(base, { id: 'id', size: 'size' }), resources };
  };
  await using project = await aProject({ redis, config });
  const sizes = ['9007199254740993', '-9223372036854775808', '9223372036854775807', '9007199254740992', '7'];
  const body = `[${sizes.map((size, at) => `{"id":"${at}","size":${size}}`).join()}]`;
  project.party.script({ body }, { body }, { body: body.replace('740993', '740995') });
  await project.sync();

  const stored = () => project.query('SELECT CAST(size AS TEXT) AS size FROM customers ORDER BY id');
  expect(stored().map(({ size }) => size)).toEqual(sizes);
  const inEvents = project.events().map(({ data }) => data.after?.size);
  expect(inEvents).toEqual([...sizes.slice(0, 4), 7]);
  expect((await project.sync()).json().counts).toEqual({ created: 0, updated: 0, deleted: 0 });
  expect((await project.sync()).json().counts).toEqual({ created: 0, updated: 1, deleted: 0 });
  expect(project.events('customers.updated')).toMatchObject([{ data: { after: { size: '9007199254740995' } } }]);
});

test('an integer that 64 bits do not hold is rejected', async () => {
  const config = (base: BaseConfig) => {
    const { schema } = base.resources.customers;
    const properties = { ...schema.properties, state: { type: 'integer' } };
    return {
      ...base,
      resources: { customers: { ...base.resources.customers, schema: { ...schema, properties }, rejects: '100%' } },
    };
  };
  await using project = await aProject({ redis, config });
  project.party.script({
    body: '[{"id":"1","status":9223372036854775808},{"id":"2","status":1e400},{"id":"3","status":1.5}]',
  });
  const { json } = await project.sync();
  expect(json()).toMatchObject({ rejected: 3, counts: { created: 0 } });
  const { rejects } = (await project.sync(['rejects', 'list', '--json'])).json<Rejects>();
  expect(rejects.map(({ key }) => key).toSorted()).toEqual(['1', '2', '3']);
  expect(rejects.find(({ key }) => key === '1')?.reasons).toEqual([
    'state is 9223372036854775808, more than 64 bits can hold',
  ]);
});

test('keys that differ by case, by a space or by their accents only are different records', async () => {
  const ids = ['a', 'A', 'a ', ' a', '\u00e9', 'e\u0301', '1', '01', '1.0'];
  const records = ids.map((id, at) => ({ ...aCustomer(at), id }));
  await using project = await aProject({ redis, records });
  expect((await project.sync()).json().counts.created).toBe(ids.length);
  expect((await project.sync()).json().counts).toEqual({ created: 0, updated: 0, deleted: 0 });
  expect(
    project
      .rows()
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(ids.toSorted());
  await expectInStep(project);
});

interface Rejects {
  readonly rejects: readonly { readonly key: string | null; readonly reasons: readonly string[] }[];
}

function withMaxBody(config: BaseConfig) {
  return { ...config, adapters: { acme: { ...config.adapters.acme, maxBody: '1MB' } } };
}

function withMap(config: BaseConfig, map: Readonly<Record<string, string>>) {
  const { acme } = config.adapters;
  const resources = { customers: { ...acme.resources.customers, map } };
  return { ...config, adapters: { acme: { ...acme, resources } } };
}

async function inStepAfterBackOff(project: Project): Promise<void> {
  for (let runs = 0; runs < 40; runs += 1) if ((await project.sync()).json().outcome === 'done') break;
  await expectInStep(project);
}
