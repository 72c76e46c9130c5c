import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { dashboard, dashboardPath } from '../../scripts/deploy-files/dashboard.ts';
import { prometheusRule, prometheusRulePath, rulesPath } from '../../scripts/deploy-files/prometheus-rule.ts';

function read(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
}

test('the dashboard and the PrometheusRule are as "npm run docs" makes them', () => {
  expect(read(dashboardPath)).toBe(dashboard());
  expect(read(prometheusRulePath)).toBe(prometheusRule(read(rulesPath)));
});

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
}

test('no panel has the id of another one, covers another one, or is wider than the screen', () => {
  const panels: readonly Panel[] = JSON.parse(read(dashboardPath)).panels;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
});

interface Alert {
  readonly alert: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

test('each alert has a section in the docs, and says how urgent it is', () => {
  const { groups } = load(read(rulesPath)) as { groups: readonly { rules: readonly Alert[] }[] };
  const alerts = groups.flatMap(({ rules }) => rules);
  const sections = [...read('docs/operations.md').matchAll(/^#### (Cronsync\w+)$/gm)].map(([, name]) => name);
  expect(sections).toEqual(alerts.map(({ alert }) => alert));
  for (const { alert, labels, annotations } of alerts) {
    expect(['critical', 'warning', 'info']).toContain(labels.severity);
    expect(annotations.runbook_url).toMatch(new RegExp(`/blob/main/docs/operations.md#${alert.toLowerCase()}$`));
  }
});
