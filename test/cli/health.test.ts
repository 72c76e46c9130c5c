import { afterEach, describe, expect, test } from 'vitest';
import { createHealthServer, type HealthState } from '../../src/cli/health.ts';
import { type ListeningServer, parseAddress } from '../../src/cli/listen-on.ts';
import { createMetrics } from '../../src/cli/metrics.ts';
import { UnreachableError } from '../../src/errors.ts';
import type { Metric } from '../../src/metric.ts';

const open: ListeningServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server[Symbol.asyncDispose]();
});

const noMetrics = { contentType: 'text/plain', text: async () => '' };

async function aServer(state: () => HealthState, metrics = noMetrics): Promise<string> {
  const server = await createHealthServer({ host: '127.0.0.1', port: 0, state, metrics });
  open.push(server);
  return server.url;
}

describe('the daemon', () => {
  test('says of its loop and of itself what is true at this moment', async () => {
    let state: HealthState = { stuck: null, unready: null, groups: { notify: { inFlight: 2 } } };
    const url = await aServer(() => state);
    const statuses = async () =>
      Promise.all(['/livez', '/healthz', '/readyz'].map(async (path) => (await fetch(url + path)).status));

    expect(await statuses()).toEqual([200, 200, 200]);
    expect(await (await fetch(`${url}/readyz?verbose`)).json()).toEqual({ status: 'ok', ...state });

    state = { ...state, unready: 'Redis is away' };
    expect(await statuses()).toEqual([200, 200, 503]);
    expect(await (await fetch(`${url}/healthz`)).json()).toMatchObject({ status: 'ok', unready: 'Redis is away' });
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ status: 'Redis is away' });

    state = { ...state, stuck: 'no read was completed for 40s' };
    expect(await statuses()).toEqual([503, 503, 503]);
  });

  test('answers nothing else', async () => {
    const url = await aServer(() => ({ stuck: null, unready: null, groups: {} }));
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect((await fetch(`${url}/../etc/passwd`)).status).toBe(404);
    expect((await fetch(`${url}/healthz`, { method: 'POST', body: 'x' })).status).toBe(405);
    const head = await fetch(`${url}/healthz`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  test('says which address it cannot listen on', async () => {
    const url = new URL(await aServer(() => ({ stuck: null, unready: null, groups: {} })));
    const port = Number(url.port);
    const second = createHealthServer({
      host: '127.0.0.1',
      port,
      state: () => ({ stuck: null, unready: null, groups: {} }),
      metrics: noMetrics,
    });
    await expect(second).rejects.toThrow(UnreachableError);
    await expect(second).rejects.toThrow(`cannot listen on 127.0.0.1:${port}`);
  });

  test('is gone once it is closed, whoever is still connected', async () => {
    const server = await createHealthServer({
      host: '127.0.0.1',
      port: 0,
      state: () => ({ stuck: null, unready: null, groups: {} }),
      metrics: noMetrics,
    });
    await fetch(`${server.url}/healthz`);
    await server[Symbol.asyncDispose]();
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  });
});

test.each([
  ['127.0.0.1:9090', { host: '127.0.0.1', port: 9090 }],
  ['localhost:0', { host: 'localhost', port: 0 }],
  [':9090', { host: '', port: 9090 }],
  ['[::1]:9090', { host: '::1', port: 9090 }],
  ['9090', undefined],
  ['::1:9090', undefined],
  ['host:65536', undefined],
  ['host:', undefined],
  ['http://host:1', undefined],
])('reads the address %s', (text, expected) => {
  expect(parseAddress(text)).toEqual(expected);
});

describe('the metrics', () => {
  const lag = (samples: Metric['samples']): Metric[] => [
    { name: 'cronsync_group_lag', help: 'Events.', type: 'gauge', samples },
  ];
  const notify = { labels: { group: 'notify' }, value: 12 };

  test('count deliveries, attempts and the age of events, and measure at each scrape', async () => {
    const metrics = await createMetrics({ name: 'crm', measure: async () => lag([notify]) });
    metrics.delivered('notify', 'failure', 120);
    metrics.delivered('notify', 'success', 20);
    metrics.delivered('notify', 'success', 20);
    metrics.acknowledged('notify', 400, 2);
    metrics.acknowledged('notify', 8, 1);
    metrics.beat('notify');
    const url = await aServer(() => ({ stuck: null, unready: null, groups: {} }), metrics);
    const response = await fetch(`${url}/metrics`);
    const lines = (await response.text()).split('\n');

    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(lines).toEqual(
      expect.arrayContaining([
        'cronsync_deliveries_total{listener="notify",result="failure",sync="crm"} 1',
        'cronsync_deliveries_total{listener="notify",result="success",sync="crm"} 2',
        'cronsync_event_age_seconds_bucket{le="0.01",sync="crm",listener="notify"} 1',
        'cronsync_event_age_seconds_bucket{le="0.5",sync="crm",listener="notify"} 2',
        'cronsync_event_attempts_bucket{le="1",sync="crm",listener="notify"} 1',
        'cronsync_event_attempts_sum{sync="crm",listener="notify"} 3',
        'cronsync_group_lag{sync="crm",group="notify"} 12',
      ]),
    );
    const beat = lines.find((line) => line.startsWith('cronsync_loop_beat_timestamp_seconds{group="notify"'));
    expect(Math.abs(Date.now() / 1000 - Number(beat?.split(' ')[1]))).toBeLessThan(60);
  });

  test('leave out what cannot be measured', async () => {
    const metrics = await createMetrics({ name: 'crm', measure: async () => lag([]) });
    const text = await metrics.text();
    expect(text).not.toContain('cronsync_group_lag');
    expect(text).toContain('process_cpu_seconds_total');
  });
});
