import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type NextSteps, nextSteps } from '../../../src/cli/init/show/next-steps.ts';
import { aTerminal } from '../../cli/a-terminal.ts';

// Each command that `init` prints uses the config that it has written.

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cronsync-next-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

/** What is printed after `init` wrote `file` where the other files were already. */
function stepsAfter(file: string, others: readonly string[], more: Partial<NextSteps> = {}, env = {}) {
  for (const name of [file, ...others]) if (!name.includes('/')) writeFileSync(join(cwd, name), '{}');
  const steps: NextSteps = {
    file,
    page: undefined,
    hasMore: false,
    variables: [],
    schedule: 'cron',
    name: 'crm',
    ...more,
  };
  return nextSteps(steps, { ...aTerminal(), caller: { ...aTerminal().caller, cwd, env } });
}

test.each([
  ['sync.config.json', []],
  ['sync.config.json', ['sync.config.yaml']],
  ['sync.config.yaml', ['package.json']],
  ['./sync.config.ts', []],
])('%s beside %j is found without a flag', (file, others) => {
  const { check, commands, schedule } = stepsAfter(file, others);
  expect([check, ...commands]).toEqual(['cronsync check', 'cronsync run --dry-run', 'cronsync']);
  expect(schedule).not.toContain('--config');
});

test.each<[string, readonly string[], Record<string, string>]>([
  ['sync.config.yaml', ['sync.config.json'], {}],
  ['sync.config.ts', ['sync.config.yaml'], {}],
  ['crm.json', [], {}],
  ['sync.config.json', [], { SYNC_CONFIG: 'other.json' }],
])('%s beside %j is named in each command, with %j', (file, others, env) => {
  const { check, commands, schedule } = stepsAfter(file, others, {}, env);
  for (const command of [check, ...commands]) expect(command).toMatch(new RegExp(` --config ${file}$`));
  expect(schedule).toContain(`--quiet --config ${join(cwd, file)}`);
});

test.each([
  ['sync.config.yaml', '/etc/cronsync/sync.config.yaml'],
  ['/srv/crm/sync.json', '/etc/cronsync/sync.json'],
  ['../crm.json', '/etc/cronsync/crm.json'],
])('a job of Kubernetes reads %s from its ConfigMap, as %s', (file, path) => {
  const { schedule } = stepsAfter(file, [], { schedule: 'kubernetes' });
  expect(schedule).toContain(`args: [run, --config, ${path}]`);
});
