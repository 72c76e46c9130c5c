import { expect, test } from 'vitest';
import { pathTemplate } from '../../src/telemetry/traced-http.ts';
import { wantedTelemetry } from '../../src/telemetry/wanted.ts';

const endpoint = 'http://127.0.0.1:4318';

test.each([
  [{}, null],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, { traces: true, metrics: true }],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint }, { traces: true, metrics: false }],
  [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: endpoint }, { traces: false, metrics: true }],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_EXPORTER: 'none' },
    { traces: false, metrics: true },
  ],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: 'TRUE' }, null],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, null],
])('%o asks for %o', (env, wanted) => {
  expect(wantedTelemetry(env)).toEqual(wanted);
});

test.each([
  ['/customers', '/customers'],
  ['/v2/customers/', '/v2/customers/'],
  ['/customers/4711/orders', '/customers/{}/orders'],
  ['/hooks/T0000-XyZ9/events.json', '/hooks/{}/events.json'],
  ['/exports/a-name-that-is-longer-than-any-word', '/exports/{}'],
  ['/%E2%82%AC', '/{}'],
])('the path %s is recorded as %s', (path, template) => {
  expect(pathTemplate(path)).toBe(template);
});
