import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksOf, readPage } from '../helpers/documents.ts';
import { freePort } from '../helpers/free-port.ts';
import { listenTimings, withListeners } from '../helpers/listening.ts';
import { Prometheus } from '../helpers/prometheus.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers, eventually, type Project } from '../helpers/sync.ts';

function read(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const rulesText = read('deploy/prometheus/rules.yaml');
const { groups } = load(rulesText) as { groups: readonly { rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const { panels }: { panels: readonly Panel[] } = JSON.parse(read('deploy/grafana/cronsync.json'));
const viewToken = 'token-of-those-who-look';

let project: Project;
let prometheus: Prometheus;

/** A sync with something of everything: runs that worked and failed, deliveries that succeed, fail and are given up. */
beforeAll(async () => {
  const all = { on: ['*'], from: 'beginning' };
  const listeners = {
    audit: { ...all, type: 'log' },
    flaky: { ...all, type: 'exec', command: ['false'] },
    refused: { ...all, type: 'exec', command: ['sh', '-c', 'exit 65'] },
  };
  project = await aProject({
    ...{ redis, records: customers(3), timings: listenTimings },
    config: withListeners(listeners),
  });
  expect((await project.sync(['run'])).exitCode).toBe(0);
  project.party.script({ status: 418 });
  expect((await project.sync(['run'])).exitCode).toBe(76);

  const [daemonAt, pageAt] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const daemon = project.start(['listen', '--http', daemonAt]);
  const page = project.start(['web', pageAt], { env: { SYNC_WEB_VIEW_TOKEN: viewToken } });
  await eventually(() => daemon.stderr().includes('listening for') && page.stdout() + page.stderr() !== '');
  prometheus = await Prometheus.start(documentedConfig({ daemonAt, pageAt }), {
    token: viewToken,
    'cronsync-rules.yaml': rulesText,
  });
});
afterAll(async () => {
  await prometheus[Symbol.asyncDispose]();
  await project[Symbol.asyncDispose]();
});

/** The config of the docs, which asks each second, and this machine's processes. */
function documentedConfig({ daemonAt, pageAt }: Readonly<Record<'daemonAt' | 'pageAt', string>>): string {
  const [block] = blocksOf(readPage('docs/deploy.md')).filter(({ text }) => text.startsWith('# prometheus.yml\n'));
  const here = (block?.text ?? '')
    .replace('127.0.0.1:9090', daemonAt)
    .replace('127.0.0.1:9091', pageAt)
    .replace('/etc/prometheus/cronsync-web-view-token', 'token');
  return `global: { scrape_interval: 1s, evaluation_interval: 1s }\n${here}`;
}

/** Rates need two scrapes, and what happens meanwhile. */
async function expectSeries(expression: string): Promise<void> {
  await eventually(async () => expect(await prometheus.query(expression), expression).not.toEqual([]));
}

test('Prometheus scrapes the daemon and, with the token, the page, by the config of the docs', async () => {
  await expectSeries('up{job="cronsync-listen"} == 1');
  await expectSeries('up{job="cronsync-web"} == 1');
  await expectSeries('cronsync_build_info{job="cronsync-web"}');
});

const shown = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const));

test('the dashboard has panels', () => {
  expect(shown.length).toBeGreaterThan(25);
});

test.each(shown)('the panel "%s" shows something: %s', async (_title, expr) => {
  await expectSeries(expr.replaceAll('$sync', '.+').replaceAll('$__rate_interval', '1m'));
});

test('the dashboard finds the syncs to choose from', async () => {
  await eventually(async () => {
    const found = await prometheus.query('count by (sync) (cronsync_build_info)');
    expect(found.map(({ metric }) => metric.sync)).toEqual([project.name]);
    return true;
  });
});

const selectors = new Set(rules.flatMap(({ expr }) => expr.match(/cronsync_\w+(?:\{[^}]*\})?/g) ?? []));

test.each([...selectors])('%s, which an alert asks for, is there', async (selector) => {
  await expectSeries(selector);
});

test('Prometheus evaluates every alert', async () => {
  await eventually(async () => {
    const evaluated = (await prometheus.rules()).map(({ name, health }) => `${name}: ${health}`);
    expect(evaluated.toSorted()).toEqual(rules.map(({ alert }) => `${alert}: ok`).toSorted());
    return true;
  });
});
