import { describe, expect, test } from 'vitest';
import { asTyped, shellCommand } from '../../src/cli/shell-command.ts';

describe('what a person types in a shell', () => {
  test.each([
    ['a program of the system', '/usr/local/bin/cronsync', '/srv/geo', 'cronsync'],
    ['its second name', '/usr/local/bin/sync', '/srv/geo', 'cronsync'],
    ['a checkout', '/srv/cronsync/bin/sync.js', '/srv/cronsync', 'cronsync'],
    ['a package of the folder', '/srv/geo/node_modules/.bin/cronsync', '/srv/geo', 'npx cronsync'],
    ['a package of a folder above', '/srv/geo/node_modules/.bin/sync', '/srv/geo/jobs', 'npx cronsync'],
    ['a package, started by its file', '/srv/geo/node_modules/cronsync/bin/sync.js', '/srv/geo', 'npx cronsync'],
    ['a package of the root folder', '/node_modules/.bin/cronsync', '/srv/geo', 'npx cronsync'],
    ['the cache of npx', '/home/ada/.npm/_npx/1a2b/node_modules/.bin/cronsync', '/srv/geo', 'npx cronsync'],
    ['a package of another folder', '/srv/geo/node_modules/.bin/sync', '/', '/srv/geo/node_modules/.bin/cronsync'],
    [
      'a folder whose name only begins so',
      '/srv/geo/node_modules/.bin/sync',
      '/srv/geology',
      '/srv/geo/node_modules/.bin/cronsync',
    ],
    ['a global package, started by its file', '/usr/lib/node_modules/cronsync/bin/sync.js', '/srv/geo', 'cronsync'],
  ])('%s: %s in %s is %s', (_title, script, folder, command) => {
    expect(shellCommand(script, folder)).toBe(command);
  });
});

describe('a command in a message', () => {
  test.each([
    ['Run "cronsync check".', 'Run "npx cronsync check".'],
    ['Run `cronsync outbox rebase`, or "cronsync".', 'Run `npx cronsync outbox rebase`, or "npx cronsync".'],
    [
      'cronsync needs Redis 7; see "cronsyncs" and "the cronsync".',
      'cronsync needs Redis 7; see "cronsyncs" and "the cronsync".',
    ],
  ])('%s', (text, typed) => {
    expect(asTyped(text, 'npx cronsync')).toBe(typed);
    expect(asTyped(text, 'cronsync')).toBe(text);
  });
});
