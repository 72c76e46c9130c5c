import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, customers, expectInStep } from '../helpers/sync.ts';

const signed = (config: BaseConfig) => ({
  ...config,
  adapters: { acme: { ...config.adapters.acme, auth: { type: 'module', module: './sign.ts' } } },
});

test('a module of the user signs each request as it is sent', async () => {
  await using project = await aProject({
    redis,
    records: customers(5),
    dialect: 'cursor',
    pageSize: 3,
    config: signed,
  });
  await project.write(
    'sign.ts',
    `import { createHmac } from 'node:crypto';
    export default async ({ url }: { url: URL }) => ({
      'X-Signature': createHmac('sha256', 'key').update(url.pathname + url.search).digest('hex'),
    });`,
  );
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0, pages: 2 });
  for (const { url, headers } of project.party.arrivals) {
    const expected = createHmac('sha256', 'key').update(url.pathname + url.search);
    expect(headers['x-signature']).toBe(expected.digest('hex'));
  }
  await expectInStep(project);
});

test.each([
  ['throws', 'export default () => { throw new Error("no key"); };'],
  ['exports no function', 'export default 5;'],
])('a module that %s sends nothing', async (_title, module) => {
  await using project = await aProject({ redis, records: customers(5), config: signed });
  await project.write('sign.ts', module);
  expect((await project.sync()).exitCode).not.toBe(0);
  expect(project.party.arrivals).toEqual([]);
});
