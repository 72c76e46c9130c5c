import { expect, test } from 'vitest';
import { logFormatOf, logLine } from '../../../src/cli/output/log-line.ts';
import { logFormatIn } from '../../../src/cli/program/arguments.ts';

test('a line has the names that pino gives its fields, and those of what it is about', () => {
  const entry = { level: 'warn', message: 'it fails', listener: 'notify', event: 'crm:1-7' } as const;
  const line = logLine(entry, { pid: 12, hostname: 'pod-1', sync: 'crm', run: 'a1' }, 1_700_000_000_000);
  expect(line).toBe(
    '{"level":40,"time":1700000000000,"pid":12,"hostname":"pod-1","sync":"crm","run":"a1",' +
      '"listener":"notify","event":"crm:1-7","msg":"it fails"}',
  );
});

test('a line has no raw control character, and is read back exactly', () => {
  const hostile = '\x1b]0;owned\x07\n\x9b2J\x7f';
  const line = logLine({ level: 'error', message: hostile }, { pid: 1, hostname: 'h' }, 0);
  expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
  expect(JSON.parse(line)).toMatchObject({ level: 50, msg: hostile });
});

test.each([
  [undefined, {}, false, 'text'],
  [undefined, { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, false, 'json'],
  [undefined, { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, true, 'text'],
  ['text', { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, false, 'text'],
  ['json', {}, true, 'json'],
] as const)('asked for %s, with %o, on a terminal: %s, the log is %s', (asked, env, isTTY, format) => {
  expect(logFormatOf(asked, env, { isTTY })).toBe(format);
});

test.each([
  [['run', '--log-format', 'json', '--nonsense'], { logFormat: 'json' }],
  [['--log-format=text'], { logFormat: 'text' }],
  [['run', '--log-format', 'xml'], {}],
  [['run', '-c', 'x.json'], {}],
])('of %j, the format is known before the command line is read', (argv, format) => {
  expect(logFormatIn(argv)).toEqual(format);
});
