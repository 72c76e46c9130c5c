import { afterEach, describe, expect, test } from 'vitest';
import { allDone, deadLetters, listenTimings, withListeners } from '../helpers/listening.ts';
import { aReceiver, type Received, type Receiver, webhookTo } from '../helpers/receiver.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers, eventually, type Project } from '../helpers/sync.ts';

let receiver: Receiver;
afterEach(() => receiver[Symbol.asyncDispose]());

/** A project whose daemon has delivered what the first run brought. */
async function aListeningProject(): Promise<Project> {
  receiver = await aReceiver();
  const config = withListeners({ notify: webhookTo(receiver) });
  return aProject({ redis, records: customers(30), timings: listenTimings, config });
}

async function change(project: Project, status: string): Promise<void> {
  project.serve(customers(30).map((customer) => ({ ...customer, status })));
  await project.sync();
}

const taken = () => new Set(receiver.taken().map(({ event }) => event.id));

describe('a daemon', () => {
  test.each([
    ['the stream', (project: Project) => redis.client.del(project.streamKey)],
    ['its group', (project: Project) => redis.client.xgroup('DESTROY', project.streamKey, 'notify')],
    ['everything in Redis', () => redis.client.flushall()],
  ])('says that %s is gone, heals it, and loses nothing', async (_, destroy) => {
    await using project = await aListeningProject();
    await project.sync();
    const daemon = project.start(['listen']);
    await allDone(project);
    receiver.answer(() => 503);
    await change(project, 'held up');
    await eventually(() => receiver.received.length > 32);

    await destroy(project);
    receiver.answer(() => 200);
    await eventually(() => taken().size === 60);
    await allDone(project);
    await change(project, 'later');
    await eventually(() => taken().size === 90);
    expect(daemon.stderr()).toMatch(/the group notify is gone|the lease of/);
    expect(deadLetters(project)).toEqual([]);
    daemon.kill('SIGTERM');
    expect((await daemon.finished).exitCode).toBe(0);
  });

  test('that loses its lease again and again does not take what it delivers for an event that ends daemons', async () => {
    await using project = await aListeningProject();
    const isSlow = ({ event, key }: Pick<Received, 'event' | 'key'>) =>
      event.type === 'customers.created' && key === '7';
    const started = () => receiver.received.filter(isSlow).length;
    receiver.answer((event) => (isSlow({ event, key: event.data.key }) ? 'hang' : 200));
    await project.sync();
    const daemon = project.start(['listen']);
    for (let nth = 1; nth <= 5; nth += 1) {
      await eventually(() => started() === nth);
      await redis.client.del(`{sync:${project.name}}:lease:notify`);
    }
    await eventually(() => started() === 6);
    receiver.answer(() => 200);
    await redis.client.del(`{sync:${project.name}}:lease:notify`);
    await eventually(() => taken().size === 30);
    expect(deadLetters(project)).toEqual([]);
    daemon.kill('SIGTERM');
    expect((await daemon.finished).exitCode).toBe(0);
  });

  test('sets aside what is not an event, while the relay stops; after a rebase every event arrives', async () => {
    await using project = await aListeningProject();
    await project.sync();
    const daemon = project.start(['listen']);
    await allDone(project);
    await redis.client.xadd(project.streamKey, '*', 'event', '{"no":"event"}');
    await redis.client.xadd(project.streamKey, '*', 'other', 'x', 'fields', 'y');
    await eventually(() => deadLetters(project).length === 2);
    expect(deadLetters(project).map(({ reason }) => reason)).toEqual(['corrupt', 'corrupt']);

    await eventually(() => daemon.stderr().includes('GENAHEAD'));
    expect(daemon.stderr()).toContain('sync outbox rebase');
    expect(daemon.stderr().split('GENAHEAD')).toHaveLength(2);
    project.serve(customers(30).map((customer) => ({ ...customer, status: 'after' })));
    expect((await project.sync()).exitCode).toBe(70);
    expect((await project.sync(['outbox', 'rebase', '--yes'])).exitCode).toBe(0);
    await project.sync();
    await eventually(() => receiver.taken().filter(({ event }) => event.type === 'customers.updated').length === 30);
    await allDone(project);
  });

  test('stays while Redis is away, says so without much noise, and goes on by itself', async () => {
    await using project = await aListeningProject();
    await project.sync();
    const daemon = project.start(['listen', '--http', '127.0.0.1:0', '--log-level', 'info']);
    await allDone(project);
    const url = /(http:\S+) answers/.exec(daemon.stderr())?.[1];
    const status = async (path: string) => (await fetch(`${url}${path}`)).status;
    expect([await status('/readyz'), await status('/healthz')]).toEqual([200, 200]);

    await redis.kill();
    const lines = daemon.stderr().split('\n').length;
    await eventually(async () => (await status('/readyz')) === 503);
    expect(await status('/healthz')).toBe(200);
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ unready: expect.stringContaining('Redis') });
    expect(daemon.stderr().split('\n').length - lines).toBeLessThan(5);

    await redis.restart();
    await eventually(async () => (await status('/readyz')) === 200);
    await change(project, 'after');
    await eventually(() => receiver.taken().filter(({ event }) => event.type === 'customers.updated').length === 30);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/cronsync_deliveries_total\{listener="notify",result="success",sync="[^"]+"\} \d+/);
    daemon.kill('SIGTERM');
    expect((await daemon.finished).exitCode).toBe(0);
  });

  test('brings out of the outbox what a killed run has left there', async () => {
    await using project = await aListeningProject();
    const daemon = project.start(['listen']);
    await eventually(() => daemon.stderr().includes('listening for'));
    const run = await project.sync(['run'], { env: { SYNC_CRASH_AT: 'committed' } });
    expect(run.signal).toBe('SIGKILL');
    await eventually(() => taken().size === 30);
  });

  test('sets aside what somebody has trimmed while it was pending, with the event that the outbox still has', async () => {
    await using project = await aListeningProject();
    receiver.answer(() => 'hang');
    await project.sync();
    const doomed = project.start(['listen']);
    await eventually(() => receiver.open === 8);
    doomed.kill('SIGKILL');
    const [first] = await project.streamEvents();
    await redis.client.xdel(project.streamKey, first?.id ?? '');
    receiver.answer(() => 200);
    await project.sync(['listen', '--drain']);
    expect(deadLetters(project)).toMatchObject([{ reason: 'trimmed', key: first?.event.subject }]);
    expect(JSON.parse(String(deadLetters(project)[0]?.event))).toEqual(first?.event);
    expect(taken().size).toBe(29);
  });

  test('trims what everybody has acknowledged', async () => {
    await using project = await aListeningProject();
    await project.sync();
    project.start(['listen']);
    await eventually(async () => (await redis.client.xlen(project.streamKey)) === 0);
    expect(taken().size).toBe(30);
  });

  test('keeps the cursors in the target', async () => {
    await using project = await aListeningProject();
    await project.sync();
    const daemon = project.start(['listen']);
    await allDone(project);
    daemon.kill('SIGTERM');
    await daemon.finished;
    expect(project.query('SELECT group_name, seq FROM _sync_groups')).toEqual([{ group_name: 'notify', seq: 30 }]);
  });
});
