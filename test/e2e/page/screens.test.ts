import { writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deadLetterId } from '../../../src/listener.ts';
import { silentLog } from '../../../src/log.ts';
import { openSqliteDeadLetters } from '../../../src/targets/sqlite/state/dead-letters.ts';
import { openSqliteTarget } from '../../../src/targets/sqlite/target.ts';
import { defaultTimings } from '../../../src/timings.ts';
import { freePort } from '../../helpers/free-port.ts';
import { aPage, type TestPage } from '../../helpers/page.ts';
import { aRedis } from '../../helpers/redis.ts';
import { redis } from '../../helpers/suite-redis.ts';
import { aProject, customers, eventually, type Project, type ProjectOptions } from '../../helpers/sync.ts';

// Each screen in each state: empty, normal, huge, Redis away, the database away, both away.

const screens = [
  '/',
  '/runs',
  '/events',
  '/record?resource=customers&key=3',
  '/resources/customers',
  '/listeners/notify',
  '/rejects',
  '/activity',
  '/config',
] as const;

const opened: AsyncDisposable[] = [];
afterAll(async () => {
  for (const each of opened.toReversed()) await each[Symbol.asyncDispose]();
});

async function aSync(options: Partial<ProjectOptions> = {}): Promise<Project> {
  const project = await aProject({
    redis,
    ttl: '30s',
    records: customers(9),
    ...options,
    config: (config) => ({
      ...(options.config?.(config) ?? config),
      listeners: { notify: { type: 'log', on: ['customers.*'], from: 'beginning' } },
    }),
  });
  opened.push(project);
  return project;
}

async function pageOf(project: Project): Promise<TestPage> {
  const page = await aPage(project);
  opened.push(page);
  return page;
}

describe('before the first run', () => {
  let page: TestPage;
  beforeAll(async () => {
    page = await pageOf(await aSync());
  });

  test.each([
    ['/', 'No run yet. Cron should start one within a minute'],
    ['/runs', 'No run yet. Cron should start one within a minute'],
    ['/events', 'No event yet'],
    ['/record?resource=customers&key=3', 'There is no live record with this key'],
    ['/resources/customers', 'no pass yet'],
    ['/listeners/notify', 'There are no dead letters'],
    ['/rejects', 'No record is in quarantine'],
    ['/swap', 'No preview is stored'],
    ['/activity', 'Nobody has done anything yet'],
    ['/config', '"adapter": "acme"'],
  ])('%s says so', async (path, says) => {
    expect(await page.get(path)).toMatchObject({ status: 200, text: expect.stringContaining(says) });
  });
});

describe.each(['sqlite', 'postgres'] as const)('after some runs on %s', (target) => {
  let project: Project;
  let page: TestPage;
  beforeAll(async () => {
    project = await aSync({ target, records: [...customers(9), { id: 10, contact: { email: { not: 'text' } } }] });
    await project.sync();
    project.serve([
      ...customers(9).map((one) => ({ ...one, status: 'gold' })),
      { id: 10, contact: { email: { not: 'text' } } },
    ]);
    await project.sync();
    project.party.script({ status: 503 });
    await project.sync();
    page = await pageOf(project);
    // The first question is the slowest, and a busy machine may need more than the second that a store gets.
    await eventually(async () => (await page.get('/')).text.includes('Resources'));
  });

  test.each([
    [
      '/',
      /Resources .* 24 h Guard used .* customers 3 .* failing 9 \+9 ~9 0% 1 .* Listeners .* Done\/min .* notify .* The last events/,
    ],
    ['/runs', /24 hours: 3 runs .* failed .* answered 503/],
    ['/events', /18 [\d:]+ ~ customers\.updated 9 state/],
    ['/events?type=customers.created', /^(?!.*customers\.updated \d).* customers\.created 9/],
    ['/events?key=3', /Changed 12 [\d:]+ ~ customers\.updated 3 state 3 [\d:]+ \+ customers\.created 3 /],
    ['/events?before=10', /Events up to 9 of 18/],
    [
      '/record?resource=customers&key=3',
      /● live .* state gold .* Its events, newest first No\. Time What Key Changed 12 /,
    ],
    ['/record?resource=customers&key=10', /There is no live record .* In quarantine .* email/],
    ['/resources/customers', /Rows 9 .* a snapshot: it reads everything .* Why records are in quarantine .* email/],
    ['/listeners/notify', /Behind 18 events .* Its group on the stream/],
    ['/rejects', /customers 10 email/],
    ['/rejects?resource=customers', /customers 10 email/],
    ['/config', /"name": "crm-/],
  ])('%s shows them', async (path, shows) => {
    // On a busy machine a store may be late once.
    await eventually(async () => (await page.get(path)).status === 200);
    expect(await page.get(path)).toMatchObject({ status: 200, text: expect.stringMatching(shows) });
  });

  test('a run is shown with its phases, from the list', async () => {
    const { html } = await page.get('/runs');
    const paths = [...html.matchAll(/href="(\/runs\/[0-9a-f]+\?at=\d+)"/g)].map(([, path]) => path ?? '');
    expect(paths).toHaveLength(3);
    const failed = await page.get(paths[0] ?? '');
    expect(failed.text).toMatch(/What went wrong .* answered 503; .* Exit code 69 .* Hits 1 /);
    const first = await page.get(paths[2] ?? '');
    expect(first.text).toMatch(/Exit code 65 .* Changes \+9 Rejected 1/);
  });

  test('an event is shown with what it changed, and what each listener does with it', async () => {
    const { html } = await page.get('/events?key=3');
    const [, path = ''] = /href="(\/events\/\d+-12)"/.exec(html) ?? [];
    const event = await page.get(path);
    expect(event.text).toMatch(/Event 12 ~ customers\.updated .* What changed: before, and after .* state active gold/);
    expect(event.html).toMatch(
      /<del><mark><bdi>active<\/bdi><\/mark><\/del><ins><mark><bdi>gold<\/bdi><\/mark><\/ins>/,
    );
    expect(event.text).toMatch(/notify ○ not read yet/);
    expect(await page.get(`/api${path}`)).toMatchObject({
      status: 200,
      html: expect.stringMatching(/^\{"specversion"/),
    });
    expect(await page.get(path.replace(/12$/, '99'))).toMatchObject({ status: 404 });
  });

  test('the preview of a swap is shown as it was stored, without a hit', async () => {
    await project.reconfigure((config) => ({
      ...config,
      adapters: { ...config.adapters, other: { ...config.adapters.acme, throttle: { per: '1ms', margin: '1ms' } } },
    }));
    project.serve(customers(9).map((one) => ({ ...one, status: 'silver' })));
    await project.sync(['swap', '--to', 'other', '--dry-run', '--keep']);
    const hits = project.party.arrivals.length;
    const { status, text } = await page.get('/swap');
    expect([status, text]).toEqual([
      200,
      expect.stringMatching(/acme → other .* customers 0 0 9 0 0 state 9 .* ~ updated/),
    ]);
    expect(project.party.arrivals).toHaveLength(hits);
  });

  test('programs read the metrics of the sync', async () => {
    const { status, headers, html } = await page.get('/metrics');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    const samples = html.split('\n');
    expect(samples).toContain(`cronsync_live_rows{sync="${project.name}",resource="customers"} 9`);
    expect(samples).toContain(`cronsync_store_up{sync="${project.name}",store="redis"} 1`);
  });

  test('the API gives the JSON of the commands', async () => {
    const status = JSON.parse((await page.get('/api/status')).html);
    expect(Object.keys(status)).toEqual(Object.keys((await project.sync(['status', '--json'])).json<object>()));
    const { html, headers } = await page.get('/api/events?type=customers.updated&limit=2');
    expect(headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    expect(
      html
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).subject),
    ).toEqual(['9', '8']);
  });
});

describe('where everything is huge', () => {
  let page: TestPage;
  const events = 30_000;
  beforeAll(async () => {
    const project = await aSync();
    await project.sync();
    await makeHuge(project, events);
    page = await pageOf(project);
  });

  test.each(screens)('%s stays small', async (path) => {
    const { status, html } = await page.get(path);
    expect(status).toBe(200);
    expect(gzipSync(html).length).toBeLessThan(30_000);
  });

  test('what is not counted to its end says so, and lists go on from page to page', async () => {
    expect((await page.get('/listeners/notify')).text).toContain('10,000+ dead letters, by error');
    const first = await page.get('/events?key=huge-9');
    expect(first.text).toContain('Search further back');
    const [, older = ''] = /href="(\/events\?[^"]*before=\d+)" rel="next"/.exec(first.html) ?? [];
    expect((await page.get(older.replaceAll('&amp;', '&'))).text).toMatch(/9 [\d:]+ \+ customers\.created huge-9/);
    expect((await page.get('/runs')).html).toMatch(/\/runs\?before=\d+" rel="next"/);
    expect((await page.get('/rejects')).html).toContain('/rejects?from=50" rel="next"');
  });

  test('a long value is cut, and can be downloaded whole', async () => {
    const { html } = await page.get('/events?key=long');
    const [, path = ''] = /href="(\/events\/[\d-]+)"/.exec(html) ?? [];
    const event = await page.get(path);
    expect(event.html.length).toBeLessThan(400_000);
    expect(event.html).toContain(`href="/api${path}" download=`);
    expect((await page.get(`/api${path}`)).html.length).toBeGreaterThan(300_000);
  });
});

/** Writes what years of runs leave. */
async function makeHuge({ file, name }: Project, count: number): Promise<void> {
  const now = Date.now();
  await using target = await openSqliteTarget({ file, name, timings: defaultTimings, log: silentLog });
  const [run] = await target.runs({ limit: 1 });
  if (!run) throw new Error('there was no run');
  using database = new DatabaseSync(file, { timeout: 5000 });
  const generation = Number(
    database.prepare('SELECT generation FROM _sync_lease WHERE name = ?').get(name)?.generation,
  );
  const event = (seq: number, key: string, after: object) =>
    JSON.stringify({
      specversion: '1.0',
      id: `${name}:${generation}-${seq}`,
      type: 'customers.created',
      subject: key,
      time: new Date(now).toISOString(),
      sequence: String(seq).padStart(20, '0'),
      data: { key, before: null, after },
    });
  database.exec('BEGIN');
  database.prepare('DELETE FROM _sync_outbox WHERE name = ?').run(name);
  const outbox = database.prepare(
    'INSERT INTO _sync_outbox (name, generation, first_seq, last_seq, at, events) VALUES (?, ?, ?, ?, ?, ?)',
  );
  for (let first = 1; first <= count; first += 1000) {
    const events = Array.from({ length: 1000 }, (_, at) => event(first + at, `huge-${first + at}`, { id: first + at }));
    outbox.run(name, generation, first, first + 999, new Date(now).toISOString(), events.join('\n'));
  }
  const long = event(count + 1, 'long', { id: 'long', text: 'x'.repeat(300_000) });
  outbox.run(name, generation, count + 1, count + 1, new Date(now).toISOString(), long);
  database.prepare('UPDATE _sync_lease SET next_seq = ? WHERE name = ?').run(count + 2, name);
  const runs = database.prepare('INSERT INTO _sync_runs (name, run, row, started_at, outcome) VALUES (?, ?, ?, ?, ?)');
  for (let nth = 0; nth < 10_000; nth += 1) {
    const startedAt = now - nth * 60_000;
    const row = { ...run, run: `r${nth}`, startedAt: new Date(startedAt), endedAt: new Date(startedAt + 900) };
    runs.run(name, row.run, JSON.stringify(row), startedAt, 'done');
  }
  const rejects = database.prepare(
    'INSERT INTO _sync_rejects (name, resource, digest, key, reasons, raw, pass, at, first_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const at = new Date(now).toISOString();
  for (let nth = 0; nth < 10_000; nth += 1) {
    rejects.run(name, 'customers', `d${nth}`, `k${nth}`, '["email is not a string"]', '{"id":1}', 1, at, at);
  }
  database.exec('COMMIT');
  await using dead = openSqliteDeadLetters({ file, name, timings: defaultTimings });
  const position = (seq: number) => ({ generation, seq });
  const letter = { group: 'notify', listener: 'notify', type: 'customers.created', reason: 'attempts', attemptsAt: [] };
  await dead.store({
    ...letter,
    id: deadLetterId('notify', position(1)),
    position: position(1),
    key: 'huge-1',
    event: event(1, 'huge-1', {}),
    lastError: 'hooks.example answered 500',
    deadAt: new Date(now),
  });
  database.exec('BEGIN');
  const columns = 'name, group_name, listener, generation, type, key, event, reason, last_error, attempts_at, dead_at';
  database.exec(
    `WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
     INSERT INTO _sync_dead (${columns}, id, seq)
     SELECT ${columns}, 'notify:${generation}-' || i, i FROM _sync_dead, n`,
  );
  database.exec('COMMIT');
}

describe('while Redis is away', () => {
  let page: TestPage;
  beforeAll(async () => {
    const project = await aSync();
    await project.sync();
    const port = await freePort();
    await project.reconfigure((config) => ({
      ...config,
      redis: { url: `redis://127.0.0.1:${port}` },
      listeners: { notify: { type: 'log', on: ['*'], from: 'beginning' } },
    }));
    page = await pageOf(project);
  });

  test.each([
    [
      '/',
      /Redis .* does not answer.* Lock \? unknown .* Resources .* customers .* notify \? unknown .* The last events/,
    ],
    ['/runs', /● done/],
    ['/events', /9 [\d:]+ \+ customers\.created 9/],
    ['/record?resource=customers&key=3', /● live/],
    ['/resources/customers', /Rows 9/],
    ['/listeners/notify', /\? unknown Behind unknown/],
    ['/rejects', /No record is in quarantine/],
    ['/activity', /Nobody/],
    ['/config', /"adapter": "acme"/],
    ['/metrics', /store="redis"} 0 .*resource="customers"} 9 /],
  ])('%s shows what the database knows', async (path, shows) => {
    expect(await page.get(path)).toMatchObject({ status: 200, text: expect.stringMatching(shows) });
  });

  test('an event says that its deliveries are unknown', async () => {
    const [, path = ''] = /href="(\/events\/[\d-]+)"/.exec((await page.get('/events')).html) ?? [];
    expect((await page.get(path)).text).toContain('unknown: Redis does not answer');
  });
});

describe('while the database is away', () => {
  let page: TestPage;
  beforeAll(async () => {
    const port = await freePort();
    const project = await aSync({
      config: (config) => ({
        ...config,
        target: { type: 'postgres', url: `postgres://somebody:a-password@127.0.0.1:${port}/db` },
      }),
    });
    page = await pageOf(project);
  });

  test('each screen says so, and what needs no database is there', async () => {
    const expected = [
      ['/', 200, /database .* does not answer.* Lock free .* Runs, resources and events are unknown/],
      ['/runs', 503, /The database does not answer|This cannot be read now/],
      ['/events', 503, /The database does not answer|This cannot be read now/],
      ['/record?resource=customers&key=3', 503, /The database does not answer|This cannot be read now/],
      ['/resources/customers', 503, /The database does not answer|This cannot be read now/],
      ['/listeners/notify', 503, /The database does not answer|This cannot be read now/],
      ['/rejects', 503, /The database does not answer|This cannot be read now/],
      ['/activity', 503, /The database does not answer|This cannot be read now/],
      ['/config', 200, /"adapter": "acme"/],
    ] as const;
    const answers = await Promise.all(expected.map(([path]) => page.get(path)));
    for (const [at, [path, status, says]] of expected.entries()) {
      expect({ path, ...answers[at] }).toMatchObject({ path, status, text: expect.stringMatching(says) });
      expect(answers[at]?.html).not.toContain('a-password');
    }
  });
});

test('Postgres gives up what the page has given up', async () => {
  const project = await aSync({ target: 'postgres' });
  await project.sync();
  await project.sync(['pause']);
  // Each act names the limit under which it was read.
  await project.database.query('ALTER TABLE _sync_activity RENAME TO acts');
  await project.database.query(
    "CREATE VIEW _sync_activity AS SELECT id, name, at, current_setting('statement_timeout') AS who, what, why, detail FROM acts",
  );
  expect((await (await pageOf(project)).get('/activity')).text).toMatch(/ 2s pause/);
});

test('while no store answers, the overview shows how it stood, with its age and 503', async () => {
  const own = await aRedis();
  try {
    const project = await aSync({ redis: own });
    await project.sync();
    const page = await pageOf(project);
    expect(await page.get('/')).toMatchObject({
      status: 200,
      text: expect.stringContaining('customers 1 ● complete 9'),
    });
    await own.kill();
    await writeFile(project.file, 'This is not a database any more.'.repeat(99));
    await eventually(async () => {
      const { status, text } = await page.get('/');
      expect([status, text]).toEqual([
        503,
        expect.stringMatching(/No store answers. This is how it stood .* customers 1 ● complete 9/),
      ]);
      return true;
    });
    expect(await page.get('/api/status')).toMatchObject({ status: 503 });
  } finally {
    await own.stop();
  }
});

test('the rows whose updates are held are shown before somebody approves them', async () => {
  const project = await aSync({ config: (config) => ({ ...config, guard: { maxUpdates: 2 } }) });
  await project.sync();
  project.serve(customers(9).map((one) => ({ ...one, status: 'wrong' })));
  expect((await project.sync()).exitCode).toBe(3);
  const { text } = await (await pageOf(project)).get('/resources/customers');
  expect(text).toMatch(/Rows whose values would change Key Its row now 1 id: 1, .* 9 id: 9, /);
});
