import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { faultsOf } from '../docs/a-validator.ts';
import { withListeners } from '../helpers/listening.ts';
import { aReceiver, webhookTo } from '../helpers/receiver.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, customers } from '../helpers/sync.ts';

test.each(['sqlite', 'postgres'] as const)(
  'a listener on sync.* gets failed and recovered once each over an outage of ten runs, from %s, and no other listener does',
  async (target) => {
    await using operator = await aReceiver();
    await using notify = await aReceiver();
    await using project = await aProject({
      ...{ redis, target, records: customers(2) },
      config: withListeners({
        operator: webhookTo(operator, { on: ['sync.*'] }),
        notify: webhookTo(notify, { on: ['*', '*.*'] }),
      }),
    });
    await project.sync();
    project.party.script(...Array.from({ length: 10 }, () => ({ status: 503 })));
    const codes: (number | null)[] = [];
    while (project.party.arrivals.length < 11) codes.push((await project.sync()).exitCode);
    expect(new Set(codes)).toEqual(new Set([69]));
    project.serve([aCustomer(1), aCustomer(2), aCustomer(3)]);
    while ((await project.sync()).exitCode !== 0);
    await project.sync();

    const { exitCode, stderr } = await project.sync(['listen', '--drain']);
    expect(exitCode, stderr).toBe(0);
    const heard = operator.received.map(({ event }) => event).filter(({ type }) => type.startsWith('sync.run.'));
    expect(heard).toMatchObject([
      { type: 'sync.run.failed', subject: project.name, data: { exitCode: 69 } },
      { type: 'sync.run.recovered', subject: project.name, data: { exitCode: 0 } },
    ]);
    expect(operator.received[0]?.event).toMatchObject({ type: 'sync.pass.completed', subject: 'customers' });
    expect(operator.forged).toEqual([]);
    expect(notify.received.map(({ event }) => event.type)).toEqual(Array(3).fill('customers.created'));
  },
);

test('where nobody hears them, no event about the sync itself is written', async () => {
  await using project = await aProject({ redis, records: customers(1) });
  await project.sync();
  expect((await project.streamEvents()).map(({ event }) => event.type)).toEqual(['customers.created']);
});

test('deletions that the guard holds are announced by the run that holds them, and "cronsync events" shows it', async () => {
  const log = { on: ['sync.guard.held'], from: 'beginning', type: 'log' };
  await using project = await aProject({ redis, records: customers(20), config: withListeners({ log }) });
  await project.sync();
  project.serve([]);
  expect((await project.sync()).exitCode).toBe(3);
  expect((await project.sync()).exitCode).toBe(3);
  const listen = await project.sync(['listen', '--drain']);
  expect(listen.stdout.match(/sync\.guard\.held customers deletions of customers are held back/g)).toHaveLength(1);
  const events = await project.sync(['events', '--type', 'sync.guard.held']);
  expect(events.stdout).toMatch(/sync\.guard\.held customers .*deletions of customers are held back/);
  expect(events.stderr).toBe('');
});

test('credentials, drift and a change of the records are announced once each, while they last', async () => {
  const log = { on: ['sync.credentials.*', 'sync.drift.*', 'sync.schema.*'], from: 'beginning', type: 'log' };
  await using project = await aProject({ redis, records: customers(8), config: withListeners({ log }) });
  await project.sync();
  project.serve(customers(8).map((customer) => ({ ...customer, fax: '1' })));
  {
    using system = new DatabaseSync(project.file, { timeout: 5000 });
    system.exec("DELETE FROM customers WHERE id = '1'");
  }
  for (let run = 0; run < 3; run += 1) expect((await project.sync()).exitCode).toBe(0);
  project.party.script({ status: 401 });
  for (let run = 0; run < 2; run += 1) expect((await project.sync()).exitCode).toBe(77);
  const { stdout } = await project.sync(['listen', '--drain', '--json']);
  const events = stdout.split('\n').flatMap((line) => (line.includes('"sync.') ? [JSON.parse(line)] : []));
  expect(events.flatMap((event) => faultsOf('sync-event', event))).toEqual([]);
  expect(events.map(({ type, subject }) => `${type} ${subject}`).toSorted()).toEqual([
    'sync.credentials.refused acme',
    'sync.drift.found customers',
    'sync.schema.changed customers',
  ]);
});

test('a pattern that no event about the sync itself has is a problem of the config', async () => {
  const log = { on: ['sync.run.fialed'], from: 'now', type: 'log' };
  await using project = await aProject({ redis, config: withListeners({ log }) });
  const run = await project.sync(['run']);
  expect(run.exitCode).toBe(78);
  expect(run.stderr).toContain('sync.run.failed');
});
