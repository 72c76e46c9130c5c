import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { anOtlpSink, attributesOf } from '../helpers/otlp-sink.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers } from '../helpers/sync.ts';

/** A receiver that keeps the header by which it could continue the trace. */
async function aTracingReceiver() {
  const parents: unknown[] = [];
  const server = createServer(({ headers }, response) => {
    parents.push(headers.traceparent);
    response.end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    parents,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      });
    },
  };
}

test('a run is one trace, and each delivery is linked to the commit of its event', async () => {
  await using sink = await anOtlpSink();
  await using receiver = await aTracingReceiver();
  const secret = 'a-secret-token';
  await using project = await aProject({
    redis,
    ttl: '30s',
    records: customers(3),
    config: (config) => ({
      ...config,
      adapters: { acme: { ...config.adapters.acme, auth: { type: 'query', param: 'key', value: secret } } },
      listeners: {
        notify: { on: ['*'], from: 'beginning', type: 'webhook', url: receiver.url, allowPrivate: true },
      },
    }),
  });
  const run = await project.sync(['run', '--json'], { ownProcess: true, env: sink.env });
  expect(run.exitCode, run.stderr).toBe(0);

  const spans = sink.spans();
  const named = (name: string) => spans.filter((span) => span.name === name);
  const [root] = named('run');
  const [hit] = named('GET /customers');
  const [commit] = named('commit');
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(new Set(spans.map(({ name }) => name))).toEqual(
    new Set(['run', 'lock', 'slot.wait', 'GET /customers', 'commit', 'relay']),
  );
  expect(root?.parentSpanId ?? '').toBe('');
  for (const span of spans.filter((one) => one !== root)) expect(span.parentSpanId).toBe(root?.spanId);
  expect(root && attributesOf(root)).toMatchObject({
    'cronsync.sync': project.name,
    'cronsync.run': run.json().run,
    'cronsync.outcome': 'done',
    'cronsync.hits': 1,
  });
  expect(hit && attributesOf(hit)).toMatchObject({
    'http.request.method': 'GET',
    'url.full': `${project.party.url}/customers`,
    'url.template': '/customers',
    'http.response.status_code': 200,
  });
  expect(commit && attributesOf(commit)).toMatchObject({ 'cronsync.resource': 'customers', 'cronsync.created': 3 });

  const traceparent = `00-${commit?.traceId}-${commit?.spanId}-01`;
  expect((await project.streamEvents()).map(({ event }) => event)).toMatchObject(Array(3).fill({ traceparent }));

  const listen = await project.sync(['listen', '--drain'], { ownProcess: true, env: sink.env });
  expect(listen.exitCode, listen.stderr).toBe(0);
  const deliveries = sink.spans().filter(({ name }) => name === 'process notify');
  expect(deliveries).toHaveLength(3);
  for (const { links } of deliveries) {
    expect(links).toMatchObject([{ traceId: commit?.traceId, spanId: commit?.spanId }]);
  }
  const sent = deliveries.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`);
  expect(receiver.parents.toSorted()).toEqual(sent.toSorted());
  expect(sink.text()).not.toContain(secret);
});

test('what a run fails of is on its span, without secrets', async () => {
  await using sink = await anOtlpSink();
  const token = 'a-very-secret-token';
  await using project = await aProject({
    redis,
    ttl: '30s',
    config: (config) => ({
      ...config,
      adapters: { acme: { ...config.adapters.acme, auth: { type: 'bearer', token } } },
    }),
  });
  project.party.script({ status: 418, body: `no ${token}` });
  const run = await project.sync(['run'], { ownProcess: true, env: sink.env });
  expect(run.exitCode).toBe(76);
  const failed = sink.spans().filter(({ status }) => status.code === 2);
  expect(failed.map(({ name }) => name).toSorted()).toEqual(['GET /customers', 'run']);
  expect(failed[0]?.status.message).toContain('418');
  expect(sink.text()).not.toContain(token);
});

test('without a protocol, traces and metrics are sent as protobuf', async () => {
  await using sink = await anOtlpSink();
  await using project = await aProject({ redis, records: customers(1), ttl: '30s' });
  const { OTEL_EXPORTER_OTLP_ENDPOINT = '' } = sink.env;
  const { exitCode, stderr } = await project.sync(['run'], { ownProcess: true, env: { OTEL_EXPORTER_OTLP_ENDPOINT } });
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(sink.requests.toSorted()).toEqual(['/v1/metrics application/x-protobuf', '/v1/traces application/x-protobuf']);
});

test('a collector that is away, never answers, or takes gRPC only changes nothing of a run', async () => {
  await using sink = await anOtlpSink('hang');
  await using project = await aProject({ redis, records: customers(2), ttl: '30s' });
  for (const env of [sink.env, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }]) {
    const { exitCode, stderr } = await project.sync(['run', '--full'], { ownProcess: true, env });
    expect([exitCode, stderr]).toEqual([0, '']);
  }
  expect(await redis.client.exists(project.lockKey)).toBe(0);

  const grpc = { ...sink.env, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
  const { exitCode, stderr } = await project.sync(['run', '--full'], { env: grpc });
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^warn OpenTelemetry over "grpc" is not supported, so nothing is sent\..*4318.*\n$/);
  const off = { ...grpc, OTEL_SDK_DISABLED: 'true' };
  expect((await project.sync(['run', '--full'], { env: off })).stderr).toBe('');
});
