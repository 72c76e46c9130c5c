import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { type DeadLetterRow, deadLetterId } from '../../src/listener.ts';
import { openSqliteDeadLetters } from '../../src/targets/sqlite/state/dead-letters.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers, eventually, type Project } from '../helpers/sync.ts';
import { aThirdParty, type ThirdParty } from '../helpers/third-party.ts';

interface ReplayJson {
  readonly delivered: number;
  readonly failed: number;
  readonly blocked: number;
  readonly deadLetters: readonly { readonly id: string; readonly outcome: string; readonly error?: string }[];
}

/** A sync whose listeners are these, after one run over this many customers, twice changed: three events for each key. */
async function aProjectWithEvents(listeners: object, count: number): Promise<Project> {
  const project = await aProject({ redis, config: (config) => ({ ...config, listeners }) });
  for (const status of ['new', 'active', 'gone']) {
    project.serve(customers(count).map((customer) => ({ ...customer, status })));
    expect((await project.sync()).exitCode).toBe(0);
  }
  return project;
}

/** Buries the events of a project, as a daemon that has given up on them would; newest first, since order is not by burial. */
async function storeDeadLetters(
  project: Project,
  listener: string,
  parts: Partial<DeadLetterRow> = {},
): Promise<string[]> {
  const dead = openSqliteDeadLetters({
    file: project.file,
    name: project.name,
    timings: { targetBusyMs: 5000, targetBusyStepMs: 5 },
  });
  await using _closed = dead;
  const letters = (await project.streamEvents()).map(({ id, event }): DeadLetterRow => {
    const [generation, seq] = id.split('-').map(Number);
    const position = { generation: generation ?? 0, seq: seq ?? 0 };
    return {
      id: deadLetterId(listener, position),
      group: listener,
      listener,
      position,
      type: event.type,
      key: event.subject,
      event: JSON.stringify(event),
      reason: 'attempts',
      lastError: 'hooks.example answered 500',
      attemptsAt: [new Date('2026-01-02T03:04:05.000Z'), new Date('2026-01-02T03:04:07.000Z')],
      deadAt: new Date(),
      ...parts,
    };
  });
  for (const letter of letters.toReversed()) await dead.store(letter);
  return letters.map(({ id }) => id);
}

const webhook = ({ url }: ThirdParty) => ({
  notify: { on: ['customers.*'], from: 'beginning', type: 'webhook', url, allowPrivate: true, concurrency: 3 },
});

const remaining = async (project: Project): Promise<string[]> => {
  const list = await project.sync(['dead', 'list', '--json']);
  return list.json<{ deadLetters: { id: string }[] }>().deadLetters.map(({ id }) => id);
};

const received = ({ arrivals }: ThirdParty): { key: string; sequence: number }[] =>
  arrivals
    .map(({ body }) => JSON.parse(body))
    .map(({ subject, sequence }) => ({ key: subject, sequence: Number(sequence) }));

test('list and show print the error, every attempt and the event, and create nothing', async () => {
  await using receiver = await aThirdParty();
  await using project = await aProjectWithEvents(webhook(receiver), 1);
  expect((await project.sync(['dead', 'list'])).stdout).toBe('there are no dead letters\n');
  expect(project.query("SELECT name FROM sqlite_master WHERE name = '_sync_dead'")).toEqual([]);

  const [first = '', second = ''] = await storeDeadLetters(project, 'notify');
  const list = await project.sync(['dead', 'list', '--limit', '2']);
  expect(list.stdout.split('\n').slice(0, 2)).toEqual([
    expect.stringMatching(new RegExp(`^${first} customers.created 1 .*hooks.example answered 500$`)),
    expect.stringMatching(new RegExp(`^${second} customers.updated 1 .*attempts, 2 attempts.*$`)),
  ]);
  expect((await project.sync(['dead', 'list', '--json'])).json<object>()).toMatchObject({
    countByListener: { notify: 3 },
  });

  const shown = await project.sync(['dead', 'show', first]);
  expect(shown.stdout).toContain('attempt 2 2026-01-02T03:04:07.000Z');
  expect(shown.stdout.trimEnd().split('\n').at(-1)).toBe(JSON.stringify((await project.streamEvents())[0]?.event));
  expect((await project.sync(['dead', 'show', first, '--json'])).json<object>()).toMatchObject({ id: first, key: '1' });
  const unknown = await project.sync(['dead', 'show', 'notify:1-1']);
  expect([unknown.exitCode, unknown.stderr]).toEqual([
    64,
    expect.stringContaining('there is no dead letter notify:1-1'),
  ]);
  expect(receiver.arrivals).toEqual([]);
});

describe('replay', () => {
  test('delivers in order per key, as further attempts, and drops what was delivered', async () => {
    await using receiver = await aThirdParty();
    await using project = await aProjectWithEvents(webhook(receiver), 20);
    await storeDeadLetters(project, 'notify');
    const lengthBefore = await redis.client.xlen(project.streamKey);

    const replay = await project.sync(['dead', 'replay', '--listener', 'notify', '--json']);

    expect(replay.exitCode).toBe(0);
    expect(replay.json<ReplayJson>()).toMatchObject({ delivered: 60, failed: 0, blocked: 0 });
    const byKey = Map.groupBy(received(receiver), ({ key }) => key);
    expect(byKey.size).toBe(20);
    for (const events of byKey.values()) {
      const sequences = events.map(({ sequence }) => sequence);
      expect(sequences).toHaveLength(3);
      expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    }
    expect(receiver.arrivals[0]?.headers['webhook-id']).toContain('notify:');
    expect(await remaining(project)).toEqual([]);
    expect(await redis.client.xlen(project.streamKey)).toBe(lengthBefore);
  });

  test('keeps what fails again, and the later ones of its key, and exits 69', async () => {
    await using receiver = await aThirdParty();
    await using project = await aProjectWithEvents(webhook(receiver), 2);
    const ids = await storeDeadLetters(project, 'notify');
    receiver.script(
      ...Array(4).fill(({ body }: { body: string }) => ({ status: JSON.parse(body).subject === '2' ? 500 : 200 })),
    );

    const replay = await project.sync(['dead', 'replay', '--listener', 'notify', '--json']);

    expect(replay.exitCode).toBe(69);
    const { delivered, failed, blocked, deadLetters } = replay.json<ReplayJson>();
    expect({ delivered, failed, blocked }).toEqual({ delivered: 3, failed: 1, blocked: 2 });
    expect(deadLetters).toContainEqual({
      id: ids[1],
      outcome: 'failed',
      error: expect.stringContaining('answered 500'),
    });
    expect(await remaining(project)).toEqual([ids[1], ids[3], ids[5]]);

    const again = await project.sync(['dead', 'replay', '--key', '2']);
    expect([again.exitCode, again.stdout]).toEqual([0, '3 dead letters delivered\n']);
    expect(await remaining(project)).toEqual([]);
  });

  test('by id takes only these, in the order of their events', async () => {
    await using receiver = await aThirdParty();
    await using project = await aProjectWithEvents(webhook(receiver), 2);
    const ids = await storeDeadLetters(project, 'notify');

    const replay = await project.sync(['dead', 'replay', ids[4] ?? '', ids[0] ?? '']);
    expect([replay.exitCode, replay.stdout]).toEqual([0, '2 dead letters delivered\n']);
    expect(received(receiver).map(({ sequence }) => sequence)).toEqual([1, 5]);
    expect(await remaining(project)).toEqual([ids[1], ids[2], ids[3], ids[5]]);
  });

  test('stops trying where the receiver is gone for good', async () => {
    await using receiver = await aThirdParty();
    const { notify } = webhook(receiver);
    await using project = await aProjectWithEvents({ notify: { ...notify, concurrency: 1 } }, 5);
    await storeDeadLetters(project, 'notify');
    receiver.script({ status: 410 });

    const replay = await project.sync(['dead', 'replay', '--listener', 'notify', '--json']);
    expect(replay.json<ReplayJson>()).toMatchObject({ delivered: 0, failed: 1, blocked: 14 });
    expect(receiver.arrivals).toHaveLength(1);
    expect(await remaining(project)).toHaveLength(15);
  });

  test('ends in order on SIGTERM: what was delivered is dropped, the rest stays', async () => {
    await using receiver = await aThirdParty();
    const { notify } = webhook(receiver);
    await using project = await aProjectWithEvents({ notify: { ...notify, concurrency: 1 } }, 5);
    const ids = await storeDeadLetters(project, 'notify');
    receiver.script({ status: 200 }, { hang: 'before' });

    const replay = project.start(['dead', 'replay', '--listener', 'notify', '--json']);
    await eventually(() => receiver.arrivals.length === 2);
    replay.kill('SIGTERM');
    const finished = await replay.finished;
    expect(finished.exitCode).toBe(143);
    expect(finished.json<ReplayJson>()).toMatchObject({ delivered: 1, failed: 0, blocked: ids.length - 1 });
    expect(await remaining(project)).toHaveLength(ids.length - 1);
  });

  test('runs every kind of listener', async () => {
    const listeners = {
      module: { on: ['*'], from: 'now', type: 'module', module: './listener.ts' },
      exec: {
        on: ['*'],
        from: 'now',
        type: 'exec',
        command: ['sh', '-c', 'printf "%s %s\\n" "$SYNC_EVENT_SUBJECT" "$SYNC_ATTEMPT" >> seen'],
      },
      log: { on: ['*'], from: 'now', type: 'log' },
    };
    await using project = await aProjectWithEvents(listeners, 1);
    await project.write(
      'listener.ts',
      `import { appendFile } from 'node:fs/promises';
       export default {
         'customers.*': async ({ subject }: { subject: string }, { attempt }: { attempt: number }) => {
           await appendFile(new URL('./seen', import.meta.url), \`module \${subject} \${attempt}\\n\`);
         },
       };`,
    );
    for (const name of Object.keys(listeners)) await storeDeadLetters(project, name);

    const replay = await project.sync(['dead', 'replay', '--older-than', '0s']);
    expect([replay.exitCode, replay.stderr]).toEqual([0, '']);
    expect(replay.stdout).toMatch(
      /customers.created 1\n[\s\S]*customers.updated 1 \(state\)\n[\s\S]*9 dead letters delivered\n$/,
    );
    const seen = (await readFile(`${project.dir}/seen`, 'utf8')).trimEnd().split('\n');
    expect(seen.toSorted()).toEqual([...Array(3).fill('1 3'), ...Array(3).fill('module 1 3')]);
    expect(await remaining(project)).toEqual([]);
  });

  test('says what cannot be replayed, and which listener is gone', async () => {
    await using receiver = await aThirdParty();
    await using project = await aProjectWithEvents(webhook(receiver), 1);
    await storeDeadLetters(project, 'notify', { reason: 'corrupt', event: 'garbage' });
    await storeDeadLetters(project, 'bygone');

    const corrupt = await project.sync(['dead', 'replay', '--listener', 'notify']);
    expect(corrupt.exitCode).toBe(69);
    expect(corrupt.stderr).toContain('this dead letter does not hold an event of cronsync');
    const bygone = await project.sync(['dead', 'replay', '--listener', 'bygone']);
    expect([bygone.exitCode, bygone.stderr]).toEqual([78, expect.stringContaining('is not in the config')]);
    expect(await remaining(project)).toHaveLength(6);
    expect(receiver.arrivals).toEqual([]);
  });

  test('and drop want to know which', async () => {
    await using receiver = await aThirdParty();
    await using project = await aProjectWithEvents(webhook(receiver), 1);
    const [first = ''] = await storeDeadLetters(project, 'notify');

    for (const command of ['replay', 'drop']) {
      expect((await project.sync(['dead', command])).exitCode).toBe(64);
      expect((await project.sync(['dead', command, first, '--listener', 'notify'])).exitCode).toBe(64);
      expect((await project.sync(['dead', command, first, 'notify:9-9'])).exitCode).toBe(64);
    }
    expect(await remaining(project)).toHaveLength(3);
    expect(receiver.arrivals).toEqual([]);
  });
});

test('drop forgets those that are named, and asks before it forgets by a filter', async () => {
  await using receiver = await aThirdParty();
  await using project = await aProjectWithEvents(webhook(receiver), 2);
  const ids = await storeDeadLetters(project, 'notify');

  const one = await project.sync(['dead', 'drop', ids[0] ?? '']);
  expect([one.exitCode, one.stdout]).toEqual([0, '1 dead letter dropped\n']);
  const unasked = await project.sync(['dead', 'drop', '--listener', 'notify']);
  expect([unasked.exitCode, unasked.stderr]).toEqual([64, expect.stringContaining('there is no terminal to ask on')]);
  expect(await remaining(project)).toHaveLength(5);

  const recent = await project.sync(['dead', 'drop', '--older-than', '1h', '--yes', '--json']);
  expect(recent.json<object>()).toEqual({ dropped: 0 });
  const all = await project.sync(['dead', 'drop', '--listener', 'notify', '--yes', '--json']);
  expect(all.json<object>()).toEqual({ dropped: 5 });
  expect(await remaining(project)).toEqual([]);
});

test('an event that always fails becomes a dead letter beside the good ones, and arrives after a fix and a replay', async () => {
  await using receiver = await aThirdParty();
  const { notify } = webhook(receiver);
  await using project = await aProject({
    redis,
    records: customers(10),
    timings: { retryFirstMs: 10, retryCapMs: 40 },
    config: (config) => ({ ...config, listeners: { notify: { ...notify, attempts: 4 } } }),
  });
  const poison = ({ body }: { body: string }) => ({ status: JSON.parse(body).subject === '7' ? 500 : 200 });
  receiver.script(...Array(13).fill(poison));
  await project.sync();

  const listened = await project.sync(['listen', '--drain', '--json']);
  expect([listened.exitCode, listened.stderr]).toEqual([
    0,
    expect.stringMatching(/listening for notify\n.*cronsync: 9 events delivered, 1 dead letter\n$/s),
  ]);
  expect(new Set(received(receiver).map(({ key }) => key)).size).toBe(10);
  const [dead = '', ...more] = await remaining(project);
  expect(more).toEqual([]);
  const shown = (await project.sync(['dead', 'show', dead, '--json'])).json<DeadLetterRow>();
  expect(shown).toMatchObject({
    listener: 'notify',
    key: '7',
    reason: 'attempts',
    lastError: expect.stringContaining('500'),
  });
  expect(shown.attemptsAt).toHaveLength(4);

  const replay = await project.sync(['dead', 'replay', dead]);
  expect([replay.exitCode, replay.stdout]).toEqual([0, '1 dead letter delivered\n']);
  const ofPoison = receiver.arrivals.filter(({ body }) => JSON.parse(body).subject === '7');
  expect(ofPoison).toHaveLength(5);
  expect(new Set(ofPoison.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(await remaining(project)).toEqual([]);
});
