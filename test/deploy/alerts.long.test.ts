import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';
import { afterAll, expect, test } from 'vitest';
import { type AlertCase, alertCases, moreCases, silentCases } from './alert-cases.ts';

const rulesFile = fileURLToPath(new URL('../../deploy/prometheus/rules.yaml', import.meta.url));

interface Rule {
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const { groups } = load(readFileSync(rulesFile, 'utf8')) as { groups: readonly { rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

const folder = mkdtempSync(join(tmpdir(), 'cronsync-alerts-'));
afterAll(() => rmSync(folder, { recursive: true }));

function promtool(...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { encoding: 'utf8' });
  if (error) throw new Error('promtool is missing: apt-get install prometheus', { cause: error });
  return status === 0 ? '' : stdout + stderr;
}

/** One moment: what must fire then, or nothing. */
interface Moment {
  readonly at: string;
  readonly alert: string;
  readonly fires?: Pick<AlertCase, 'labels' | 'summary'>;
}

/** What promtool finds wrong: an empty text if every moment is as it must be. */
function tested(series: AlertCase['series'], moments: readonly Moment[]): string {
  const file = join(folder, 'test.json');
  const samples = Object.entries(series).map(([name, values]) => ({ series: name, values }));
  const expected = moments.map(({ at, alert, fires }) => ({
    ...{ eval_time: at, alertname: alert, exp_alerts: fires ? [alertAs(alert, fires)] : [] },
  }));
  const tests = [{ interval: '1m', input_series: samples, alert_rule_test: expected }];
  writeFileSync(file, JSON.stringify({ rule_files: [rulesFile], evaluation_interval: '1m', tests }));
  return promtool('test', 'rules', file);
}

function alertAs(alert: string, { labels, summary }: NonNullable<Moment['fires']>) {
  const rule = rules.find((one) => one.alert === alert);
  return { exp_labels: { ...rule?.labels, ...labels }, exp_annotations: { ...rule?.annotations, summary } };
}

test('promtool finds nothing wrong in the rules', () => {
  expect(promtool('check', 'rules', rulesFile)).toBe('');
});

test('there is a case for each alert', () => {
  expect(Object.keys(alertCases)).toEqual(rules.map(({ alert }) => alert));
});

test.each(Object.entries(alertCases))('%s is silent, and then fires once for all exporters', (alert, one) => {
  const { series, silentAt, firesAt } = one;
  expect(
    tested(series, [
      { at: silentAt, alert },
      { at: firesAt, alert, fires: one },
    ]),
  ).toBe('');
});

test.each(silentCases)('%s', (_title, alert, series, at) => {
  expect(tested(series, [{ at, alert }])).toBe('');
});

test.each(moreCases)('%s: %s fires', (_title, alert, at, one) => {
  expect(tested(one.series, [{ at, alert, fires: one }])).toBe('');
});

test('a test of an alert can fail', () => {
  const { series, firesAt } = alertCases.CronsyncBehind ?? { series: {}, firesAt: '0m' };
  expect(tested(series, [{ at: firesAt, alert: 'CronsyncBehind' }])).toContain('FAILED');
});
