import { expect, test } from 'vitest';
import type { Metric } from '../../src/metric.ts';
import { exposition } from '../../src/metrics/exposition.ts';

test('each metric has its help, its type and its samples, with the labels of all', () => {
  const rows: Metric = {
    ...{ name: 'cronsync_live_rows', help: 'Rows that are live.', type: 'gauge' },
    samples: [
      { labels: { resource: 'cities' }, value: 540 },
      { labels: { resource: 'people' }, value: 0.25 },
    ],
  };
  const nothing: Metric = { name: 'cronsync_rejects', help: 'None.', type: 'gauge', samples: [] };
  expect(exposition([nothing, rows], { sync: 'geo' })).toBe(
    '# HELP cronsync_live_rows Rows that are live.\n# TYPE cronsync_live_rows gauge\n' +
      'cronsync_live_rows{sync="geo",resource="cities"} 540\ncronsync_live_rows{sync="geo",resource="people"} 0.25\n',
  );
});

test('a label may have quotes, backslashes and line breaks', () => {
  const odd: Metric = {
    name: 'odd',
    help: 'a \\ b',
    type: 'counter',
    samples: [{ labels: { x: 'a"\\\nb' }, value: 1 }],
  };
  expect(exposition([odd], {})).toBe('# HELP odd a \\\\ b\n# TYPE odd counter\nodd{x="a\\"\\\\\\nb"} 1\n');
});
