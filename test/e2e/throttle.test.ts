import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { freePort } from '../helpers/free-port.ts';
import { redis } from '../helpers/suite-redis.ts';
import {
  aProject,
  type BaseConfig,
  customers,
  eventually,
  expectInStep,
  type Project,
  type ProjectOptions,
} from '../helpers/sync.ts';

const atOnce = ['run', '--json', '--wait', '0s'] as const;

/** A sync whose one hit per hour is free, and whose answer the test decides. */
const anHourly = (options: Partial<ProjectOptions> = {}) =>
  aProject({ redis, records: customers(3), throttle: { per: '1h' }, ...options });

/** A sync that need not wait for its next slot: what stops it is a back-off. */
const aQuick = (options: Partial<ProjectOptions> = {}) => aProject({ redis, records: customers(3), ...options });

function withAdapter(change: (acme: BaseConfig['adapters']['acme']) => object) {
  return (config: BaseConfig) => ({ ...config, adapters: { acme: change(config.adapters.acme) } });
}

/** How many slots of the host's key are taken, in Redis and in the target's guard. */
async function takenSlots({ query }: Project, host: string): Promise<number[]> {
  const inRedis = await redis.client.zcard(`{sync-throttle:${host}}:slots`);
  const [guard] = query("SELECT count(*) AS taken FROM _sync_throttle WHERE kind = 'slot'");
  return [inRedis, Number(guard?.taken)];
}

/** A way to a port on which requests take their time, one after another as long as the list says, even when who sent them has gone. */
async function aSlowWay(to: number, delaysMs: readonly number[]) {
  let requests = 0;
  const server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1');
    client
      .on('error', () => {})
      .once('data', async (request) => {
        requests += 1;
        await sleep(delaysMs[requests % delaysMs.length]);
        upstream.write(request);
      });
    upstream.on('error', () => client.destroy()).pipe(client);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => void server.close() };
}

const pathsHit = ({ party }: Project) => party.arrivals.map(({ url }) => url.pathname);

describe('one hit per window', () => {
  test('four pollers, slow and fast ways, a quarter of the runs killed: no two hits arrive too close', async () => {
    await using projects = new AsyncDisposableStack();
    const first = projects.use(await aPoller());
    const way = await aSlowWay(first.party.port, [0, 40, 250, 650, 20, 350, 90]);
    projects.defer(way.close);
    const rest = await Promise.all([1, 2, 3].map(() => aPoller()));
    const pollers = [first, ...rest.map((project) => projects.use(project))];
    for (const project of pollers) {
      await project.reconfigure(withAdapter((acme) => ({ ...acme, timeout: '500ms', baseUrl: way.url })));
    }

    const isEnough = () => first.party.arrivals.length >= 16;
    const killed = await Promise.all(pollers.map((project, at) => poll(project, at, isEnough)));

    expect(killed.reduce((a, b) => a + b)).toBeGreaterThan(2);
    expect(first.party.tooEarly.map(({ gapMs }) => gapMs)).toEqual([]);
    for (const { party } of rest) expect(party.arrivals).toEqual([]);
  });

  const aPoller = () =>
    aProject({
      redis,
      records: customers(3),
      ttl: '1500ms',
      throttle: { per: '300ms', margin: '5ms', key: `account-${process.pid}` },
      timings: { slotReserveMs: 1000 },
      ownProcesses: true,
    });

  /** Runs again and again until it is enough; every fourth run is killed somewhere around its hit. */
  async function poll(project: Project, offset: number, isEnough: () => boolean): Promise<number> {
    const points = ['slot-taken:1', 'slot-taken:2', 'headers-in:1', 'slot-settled:1', 'slot-settled:2'];
    let killed = 0;
    for (let turn = offset; !isEnough(); turn += 1) {
      const at = points[turn % points.length] ?? '';
      const run = await project.sync(['run'], turn % 4 === 3 ? { env: { SYNC_CRASH_AT: at } } : {});
      if (run.signal !== null) killed += 1;
      else expect([0, 69, 75]).toContain(run.exitCode);
    }
    return killed;
  }

  test('a run right after another is throttled: exit 0, no hit, and it says when the next slot frees', async () => {
    await using project = await anHourly();
    await project.sync();

    const run = await project.sync(['run']);
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain('throttled');
    expect(run.stdout).toMatch(/the next slot frees in (1h|59m \d+s)/);
    const throttled = await project.sync();
    expect(throttled.json()).toMatchObject({ outcome: 'throttled', exitCode: 0, hits: 0 });
    expect(project.party.arrivals).toHaveLength(1);
    await expectInStep(project);
  });

  test('a run waits for a slot that frees in time', async () => {
    await using project = await aProject({ redis, records: customers(3), throttle: { per: '400ms' } });
    await project.sync();

    const run = await project.sync();

    expect(run.json()).toMatchObject({ outcome: 'done', hits: 1 });
    expect(project.party.arrivals).toHaveLength(2);
    await expectInStep(project);
  });

  test('two syncs that name one key share its slots', async () => {
    const throttle = { per: '1h', key: `shared-${process.pid}` };
    await using a = await anHourly({ throttle });
    await using b = await anHourly({ throttle });

    expect((await a.sync()).json()).toMatchObject({ hits: 1 });
    expect((await b.sync(atOnce)).json()).toMatchObject({ outcome: 'throttled', hits: 0, exitCode: 0 });
    expect(b.party.arrivals).toEqual([]);
  });

  test('each page of a pass takes a slot of its own', async () => {
    await using project = await anHourly({ dialect: 'cursor', pageSize: 1 });

    expect((await project.sync(atOnce)).json()).toMatchObject({ outcome: 'partial', pages: 1, hits: 1, exitCode: 0 });
    expect((await project.sync(atOnce)).json()).toMatchObject({ outcome: 'throttled', pages: 0, hits: 0 });
    expect(project.party.arrivals).toHaveLength(1);
  });

  test('a dry run takes a slot like everybody', async () => {
    await using project = await anHourly();
    const plan = await project.sync(['run', '--dry-run', '--json']);
    expect(plan.exitCode).toBe(0);

    expect((await project.sync(atOnce)).json()).toMatchObject({ outcome: 'throttled', hits: 0 });
    expect(project.party.arrivals).toHaveLength(1);
  });
});

describe('several windows', () => {
  const listed = (throttle: readonly object[]) => withAdapter((acme) => ({ ...acme, throttle }));

  test('each holds, in Redis and in the guard, and status says when the next slot frees', async () => {
    const windows = [
      { hits: 2, per: '300ms', wait: '10s' },
      { hits: 5, per: '1h' },
    ];
    await using project = await aProject({
      ...{ redis, records: customers(8), dialect: 'cursor', pageSize: 1 },
      ...{ throttle: { hits: 99 }, config: listed(windows) },
    });

    expect((await project.sync()).json()).toMatchObject({ outcome: 'partial', pages: 5, hits: 5, exitCode: 0 });
    const times = project.party.arrivals.map(({ at }) => at);
    expect(Math.min(...times.slice(2).map((at, n) => at - (times[n] ?? 0)))).toBeGreaterThanOrEqual(300);
    expect((await project.sync(['status'])).stdout).toMatch(/next hit in (59:|60:00|60 min|1 h)/);
    expect((await project.sync(['check'])).exitCode).toBe(0);
    await redis.client.flushall();
    const denied = await project.sync();
    expect(denied.json()).toMatchObject({ outcome: 'throttled', hits: 0, exitCode: 0 });
    expect(denied.json().nextSlotInMs).toBeGreaterThan(3_000_000);
    expect(project.party.arrivals).toHaveLength(5);
  });

  test('of two syncs of one key the limits of both hold for both, and check says whose counts', async () => {
    const key = `listed-${process.pid}`;
    const short = { hits: 9, per: '1s', key };
    await using a = await aQuick({ throttle: { hits: 99 }, config: listed([short, { hits: 1, per: '1h' }]) });
    await using b = await aQuick({ throttle: { hits: 99 }, config: listed([short, { hits: 8, per: '2h' }]) });

    expect((await a.sync(atOnce)).json()).toMatchObject({ hits: 1 });
    const denied = await b.sync(atOnce);
    const limit = `the limit that counts is 1 hit per 1h: ${a.name} asked for it recently`;
    expect(denied.json()).toMatchObject({ outcome: 'throttled', hits: 0, warnings: [expect.stringContaining(limit)] });
    expect((await b.sync(['check'])).stdout).toContain(limit);
    expect(b.party.arrivals).toEqual([]);
  });
});

describe('the third party says that nothing is left', () => {
  test.each([
    ['RateLimit', { ratelimit: '"day";r=0', 'ratelimit-policy': '"day";q=100;w=7200' }, 7200],
    ['X-RateLimit', { 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '600' }, 600],
  ])(
    '%s on a page that is good: it is written, and the next hit waits for the quota, with exit 0',
    async (_, headers, seconds) => {
      await using project = await aQuick();
      project.party.script({ headers, body: customers(3) });
      expect((await project.sync(atOnce)).json()).toMatchObject({ outcome: 'done', exitCode: 0 });
      const next = (await project.sync(atOnce)).json();
      expect(next).toMatchObject({ outcome: 'throttled', hits: 0, exitCode: 0 });
      expect(next.nextSlotInMs).toBeGreaterThan((seconds - 300) * 1000);
      expect(next.nextSlotInMs).toBeLessThanOrEqual(seconds * 1000);
      expect(project.party.arrivals).toHaveLength(1);
      await expectInStep(project);
    },
  );
});

test('a sync that has had no slot for long says so in its run and in its status, and does not end in silence', async () => {
  await using project = await anHourly();
  await project.sync();
  await project.sync(atOnce);
  const queue = `{sync-throttle:127.0.0.1-${project.party.port}}:queue`;
  const since = Date.now() - 4 * 3_600_000;
  await redis.client.hset(queue, project.name, `${since} 0 ${Date.now() + 3_600_000}`);

  const says = 'this sync has had no slot for 4h, and no other sync waits for slots of the same key';
  const run = await project.sync(atOnce);
  expect(run.json()).toMatchObject({ outcome: 'throttled', warnings: [says] });
  const status = await project.sync(['status', '--json']);
  expect(JSON.parse(status.stdout).problems).toMatchObject([{ id: 'no-slots' }]);
  expect((await project.sync(['status'])).stdout).toContain(says);
});

describe('the third party says no', () => {
  test('429 with Retry-After: the next runs repeat exit code and cause without a hit, even after FLUSHALL', async () => {
    await using project = await aQuick();
    project.party.script({ status: 429, headers: { 'retry-after': '120' } });

    const refused = await project.sync(atOnce);
    const repeated = await project.sync(atOnce);
    await redis.client.flushall();
    const remembered = await project.sync(atOnce);

    for (const run of [refused, repeated, remembered]) {
      expect(run.exitCode).toBe(69);
      expect(run.json().errors[0]?.message).toContain('answered 429');
    }
    expect(repeated.json().errors[0]?.hint).toMatch(
      /^The back-off ends in (2m|1m \d+s); no hit is made before that\.$/,
    );
    expect(remembered.json().nextSlotInMs).toBeGreaterThan(60_000);
    expect(project.party.arrivals).toHaveLength(1);
    expect(project.rows()).toEqual([]);
  });

  test('429 keeps everybody away who shares the key', async () => {
    const throttle = { key: `deferred-${process.pid}` };
    await using a = await aQuick({ throttle });
    await using b = await aQuick({ throttle });
    a.party.script({ status: 429, headers: { 'retry-after': '120' } });
    await a.sync(atOnce);

    const run = await b.sync(atOnce);

    expect(run.exitCode).toBe(69);
    expect(run.json().errors[0]?.message).toContain('answered 429');
    expect(b.party.arrivals).toEqual([]);
  });

  test('a back-off that ends within the time to wait is waited for', async () => {
    await using project = await aQuick();
    project.party.script({ status: 503, headers: { 'retry-after': '1' } });
    expect((await project.sync(atOnce)).exitCode).toBe(69);

    expect((await project.sync()).json()).toMatchObject({ outcome: 'done', hits: 1, exitCode: 0 });
    await expectInStep(project);
  });

  test('401: the next run repeats it without a hit; a changed token is tried at once', async () => {
    const auth = { type: 'bearer', token: '${TOKEN}' };
    await using project = await aQuick({ config: withAdapter((acme) => ({ ...acme, auth })) });
    project.party.script({ status: 401 });
    const revoked = { env: { TOKEN: 'revoked-token' } };

    const refused = await project.sync(atOnce, revoked);
    const repeated = await project.sync(atOnce, revoked);
    for (const run of [refused, repeated]) {
      expect(run.exitCode).toBe(77);
      expect(run.json().errors[0]?.message).toContain('refused our credentials (401)');
      expect(run.stdout).not.toContain('revoked-token');
    }
    expect(project.party.arrivals).toHaveLength(1);

    const changed = await project.sync(atOnce, { env: { TOKEN: 'new-token' } });
    expect(changed.json()).toMatchObject({ outcome: 'done', hits: 1, exitCode: 0 });
    expect(project.party.arrivals.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer revoked-token',
      'Bearer new-token',
    ]);
    await expectInStep(project);
  });

  test('500 backs off its resource only: the other one has its turn', async () => {
    const config = (base: BaseConfig) => {
      const { acme } = base.adapters;
      const orders = { ...acme.resources.customers, path: '/orders' };
      return {
        ...base,
        resources: { ...base.resources, orders: base.resources.customers },
        adapters: { acme: { ...acme, resources: { ...acme.resources, orders } } },
      };
    };
    await using project = await aQuick({ throttle: { hits: 50, per: '10h' }, config });
    project.party.script({ status: 500, body: 'out of order' });

    const run = await project.sync(atOnce);
    expect(run.exitCode).toBe(69);
    expect(pathsHit(project)).toEqual(['/customers', '/orders']);
    expect(project.rows('orders')).toHaveLength(3);
    expect(project.rows()).toEqual([]);

    const next = await project.sync(atOnce);
    expect(next.exitCode).toBe(69);
    expect(next.json().errors[0]?.message).toContain('answered 500');
    expect(next.json().errors[0]?.hint).toMatch(
      /^No hit was made for customers\. A run in \S+( \S+)? or later tries again\.$/,
    );
    expect(pathsHit(project)).toEqual(['/customers', '/orders', '/orders']);
  });

  test.each([302, 303, 307])('%i is not followed: 76, one hit, and the cursor stays', async (status) => {
    await using project = await aQuick();
    project.party.script({ status, headers: { location: '/elsewhere' } });

    const run = await project.sync();

    expect(run.exitCode).toBe(76);
    expect(run.json().errors[0]?.message).toContain('/elsewhere');
    expect(pathsHit(project)).toEqual(['/customers']);
    expect(project.rows()).toEqual([]);
    expect((await project.sync()).exitCode).toBe(0);
    await expectInStep(project);
  });

  test.each([301, 308])('%i on the same origin is remembered: the next hits go there', async (status) => {
    await using project = await aQuick({ throttle: { per: '200ms' } });
    project.party.script({ status, headers: { location: '/v2/customers' } });

    const moved = await project.sync(atOnce);
    expect(moved.json()).toMatchObject({ outcome: 'throttled', hits: 1, exitCode: 0 });
    expect(moved.json().warnings.join()).toContain('/v2/customers');
    expect(pathsHit(project)).toEqual(['/customers']);

    expect((await project.sync()).exitCode).toBe(0);
    expect((await project.sync()).exitCode).toBe(0);
    expect(pathsHit(project)).toEqual(['/customers', '/v2/customers', '/v2/customers']);
    await expectInStep(project);
  });

  test('301 to another origin is refused: no hit leaves for it', async () => {
    await using other = await aQuick();
    await using project = await aQuick();
    project.party.script({ status: 301, headers: { location: `${other.party.url}/customers` } });

    expect((await project.sync()).exitCode).toBe(76);
    expect((await project.sync()).exitCode).toBe(0);

    expect(other.party.arrivals).toEqual([]);
    expect(pathsHit(project)).toEqual(['/customers', '/customers']);
  });
});

describe('no answer', () => {
  test.each([
    { what: 'a reset', answer: { cut: 'before' } as const, says: 'broke off before it answered' },
    { what: 'a timeout', answer: { hang: 'before' } as const, says: 'did not answer in time' },
  ])('$what is one hit, keeps the slot reserved, and backs off', async ({ answer, says }) => {
    await using project = await anHourly({ config: withAdapter((acme) => ({ ...acme, timeout: '700ms' })) });
    project.party.script(answer);

    const run = await project.sync(atOnce);
    expect(run.exitCode).toBe(69);
    expect(run.json().errors[0]?.message).toContain(says);
    expect(run.json()).toMatchObject({ hits: 1, pages: 0 });
    expect(await takenSlots(project, `127.0.0.1-${project.party.port}`)).toEqual([1, 1]);

    const next = await project.sync(atOnce);
    expect(next.exitCode).toBe(69);
    expect(next.json()).toMatchObject({ hits: 0 });
    expect(project.party.arrivals).toHaveLength(1);
  });

  test('a body that breaks off writes nothing, and its slot is settled', async () => {
    await using project = await aQuick();
    project.party.script({ cut: 'in-body', body: '[{"id":"1"},' });

    const run = await project.sync();

    expect(run.exitCode).toBe(76);
    expect(project.rows()).toEqual([]);
    expect((await project.sync()).exitCode).toBe(0);
    await expectInStep(project);
  });

  test('a name that does not resolve is not a hit: the slot is given back', async () => {
    const baseUrl = 'http://crm.invalid';
    await using project = await anHourly({ config: withAdapter((acme) => ({ ...acme, baseUrl })) });

    const run = await project.sync(atOnce);

    expect(run.exitCode).toBe(69);
    expect(run.json().errors[0]?.message).toContain('nothing was sent');
    expect(run.json()).toMatchObject({ hits: 0 });
    expect(await takenSlots(project, 'crm.invalid')).toEqual([0, 0]);
  });

  test('a port where nobody listens is not a hit: the slot is given back, and used when somebody does', async () => {
    const port = await freePort();
    const baseUrl = `http://127.0.0.1:${port}`;
    await using project = await anHourly({
      throttle: { per: '1h', key: `away-${process.pid}` },
      config: withAdapter((acme) => ({ ...acme, baseUrl })),
    });

    const run = await project.sync(atOnce);
    expect(run.exitCode).toBe(69);
    expect(run.json().errors[0]?.message).toContain('nothing was sent');
    expect(await takenSlots(project, `away-${process.pid}`)).toEqual([0, 0]);

    await project.reconfigure((config) => config);
    await eventually(async () => (await project.sync(atOnce)).exitCode === 0);
    expect(project.party.arrivals).toHaveLength(1);
    await expectInStep(project);
  });
});

test('a lowered throttle takes an hour, and the run, status and check say whose limit counts until then', async () => {
  await using project = await aProject({ redis, records: customers(2), throttle: { per: '60s', wait: '0s' } });
  expect((await project.sync()).json()).toMatchObject({ outcome: 'done' });
  const { acme } = project.config.adapters;
  const adapters = { acme: { ...acme, throttle: { ...acme.throttle, per: '1ms' } } };
  await project.reconfigure((config) => ({ ...config, adapters }));

  const limit = `the limit that counts is 1 hit per 1m: ${project.name} asked for it recently, and it is remembered for`;
  const { json } = await project.sync();
  expect(json()).toMatchObject({ outcome: 'throttled', warnings: [expect.stringContaining(limit)] });
  expect((await project.sync(['status'])).stdout).toContain(limit);
  expect((await project.sync(['check'])).stdout).toContain(limit);
});
