import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectInStep } from '../helpers/in-step.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, eventually, type Project } from '../helpers/sync.ts';
import { aWireMock, type StubResponse, type WireMock } from '../helpers/wiremock.ts';

// WireMock: a server of somebody else's that breaks connections and answers in ways that a well-behaved one cannot.

let wiremock: WireMock;
beforeAll(async () => {
  wiremock = await aWireMock();
});
afterAll(() => wiremock[Symbol.asyncDispose]());

interface Person {
  readonly id: number;
  readonly name: string;
  readonly version: number;
}

const none = { created: 0, updated: 0, deleted: 0 };

test('10 000 records are taken in, changed and deleted, as the server itself answers them', async () => {
  await wiremock.serve(people(10_000), 500);
  await using project = await aProject({ redis, config: withPeople() });
  expect((await project.sync()).json()).toMatchObject({ outcome: 'done', hits: 20, counts: { created: 10_000 } });
  await expectSame(project);

  await wiremock.serve([...people(2000), ...people(3000, 2001, 1), ...people(4500, 5001)], 700);
  const counts = { created: 0, updated: 3000, deleted: 500 };
  expect((await project.sync()).json()).toMatchObject({ outcome: 'done', hits: 14, counts });
  expect((await wiremock.journal()).map(({ url }) => url)).toEqual(pagesTo(14));
  await expectSame(project);
  expect((await project.sync()).json()).toMatchObject({ counts: none });
});

const html = { status: 200, headers: { 'content-type': 'text/html' }, body: '<!doctype html><p>Sign in</p>' };
const page = JSON.stringify({ data: people(4, 5, 1), next: 3 });
const dribble = (numberOfChunks: number, totalDuration: number) => ({
  chunkedDribbleDelay: { numberOfChunks, totalDuration },
});

const faults: Record<string, { readonly response: StubResponse; readonly exitCode: number; readonly says?: RegExp }> = {
  'a connection that is reset': { response: { fault: 'CONNECTION_RESET_BY_PEER' }, exitCode: 69 },
  'a connection that is closed without an answer': { response: { fault: 'EMPTY_RESPONSE' }, exitCode: 69 },
  'a chunk that is malformed': { response: { fault: 'MALFORMED_RESPONSE_CHUNK' }, exitCode: 76 },
  'random bytes, and the end': { response: { fault: 'RANDOM_DATA_THEN_CLOSE' }, exitCode: 76, says: /not HTTP/ },
  'an answer that comes too late': { response: { body: page, fixedDelayMilliseconds: 3000 }, exitCode: 69 },
  'a body that pauses for too long': {
    response: { body: page, ...dribble(2, 4000) },
    exitCode: 69,
    says: /nothing arrived within/,
  },
  '500': { response: { status: 500, body: 'oh' }, exitCode: 69, says: /500/ },
  '503': { response: { status: 503 }, exitCode: 69, says: /503/ },
  '429 with Retry-After': { response: { status: 429, headers: { 'Retry-After': '1' } }, exitCode: 69, says: /429/ },
  '401': { response: { status: 401 }, exitCode: 77, says: /401/ },
  '404': { response: { status: 404 }, exitCode: 76, says: /404/ },
  'a redirect': { response: { status: 302, headers: { Location: '/people?page=3' } }, exitCode: 76 },
  'HTML with status 200': { response: html, exitCode: 76, says: /HTML/ },
};

describe('in the middle of a pass costs one hit, deletes nothing, and the pass goes on where it was:', () => {
  test.each(Object.entries(faults))('%s', async (_name, { response, exitCode, says = /./ }) => {
    await wiremock.serve(people(12), 4);
    await using project = await aProject({ redis, config: withPeople(), timings: { credentialsBackOffMs: 300 } });
    await project.sync();
    await wiremock.serve([...people(3), ...people(8, 4, 1)], 4);
    await wiremock.failOnce(2, response);

    const failed = await project.sync();
    expect(failed.exitCode).toBe(exitCode);
    expect(failed.json()).toMatchObject({ outcome: 'failed', hits: 2, counts: { updated: 1, deleted: 0 } });
    expect(failed.json().errors).toMatchObject([{ message: expect.stringMatching(says) }]);
    expect((await wiremock.journal()).map(({ url }) => url)).toEqual(pagesTo(2));
    expect(project.events('people.deleted')).toEqual([]);

    await eventually(async () => (await project.sync()).json().outcome === 'done');
    const journal = await wiremock.journal();
    expect(journal.map(({ url }) => url)).toEqual([...pagesTo(2), '/people?page=2', '/people?page=3']);
    await expectSame(project);
  });
});

test('nobody asks again before the time that Retry-After names', async () => {
  await wiremock.serve(people(4), 4);
  await using project = await aProject({ redis, config: withPeople({ wait: '10ms' }) });
  await wiremock.failOnce(1, { status: 429, headers: { 'Retry-After': '2' } });
  const [first, second] = [await project.sync(), await project.sync()];
  expect([first.exitCode, second.exitCode]).toEqual([69, 69]);
  expect(second.json()).toMatchObject({ outcome: 'failed', hits: 0 });
  await eventually(async () => (await project.sync()).json().outcome === 'done');
  const [refused = 0, answered = 0] = (await wiremock.journal()).map(({ loggedDate }) => loggedDate);
  expect(answered - refused).toBeGreaterThanOrEqual(2000);
});

test.each([
  ['that drips for less than the timeout', { body: page, ...dribble(8, 500) }],
  ['that is compressed', { base64Body: gzipSync(page).toString('base64'), headers: { 'content-encoding': 'gzip' } }],
])('an answer %s is a page', async (_name, response) => {
  await wiremock.serve([...people(4), ...people(4, 5, 1), ...people(4, 9)], 4);
  await using project = await aProject({ redis, config: withPeople() });
  await wiremock.failOnce(2, response);
  expect((await project.sync()).json()).toMatchObject({ outcome: 'done', hits: 3, counts: { created: 12 } });
  await expectSame(project);
});

function people(count: number, from = 1, version = 0): Person[] {
  return Array.from({ length: count }, (_, at) => ({ id: from + at, name: `Person ${from + at}`, version }));
}

function pagesTo(last: number): string[] {
  return Array.from({ length: last }, (_, at) => `/people?page=${at + 1}`);
}

function withPeople(throttle: object = {}) {
  const properties = { id: { type: 'integer' }, name: { type: 'string' }, version: { type: 'integer' } };
  const people = {
    path: '/people',
    query: { page: 1 },
    records: 'data',
    pagination: { type: 'cursor', next: 'next', param: 'page', stable: true },
  };
  return ({ adapters: { acme }, ...config }: BaseConfig) => ({
    ...config,
    resources: { people: { key: 'id', schema: { type: 'object', properties, required: ['id', 'name'] } } },
    adapters: {
      acme: {
        ...acme,
        baseUrl: wiremock.url,
        timeout: '1s',
        throttle: { ...acme.throttle, ...throttle },
        resources: { people },
      },
    },
  });
}

/** Rows, events and stream are in step with what the server itself answers. */
async function expectSame(project: Project): Promise<void> {
  const rows = (await wiremock.records()).map((person) => ({ ...person }));
  await expectInStep(project, { rows, table: 'people', resource: 'people' });
}
