import { defineConfig } from 'vitest/config';

// fast: pure tests without services. real: Redis, databases and HTTP servers, of which each test file has its own; only Postgres
// is one server, in which each test makes a database. e2e: the built command as a child process. faults: the same for minutes,
// with random faults, after all the others. long: what `npm run test:long` has only, in files that end with `.long.test.ts`. deploy: those of them that wait for most of their
// time, beside the end-to-end tests.
const long = 'test/**/*.long.test.ts';
const deploy = 'test/deploy/**/*.long.test.ts';
const faults = ['test/e2e/hosts.test.ts', 'test/e2e/schedule-faults.test.ts'];
const { SYNC_REPORT = 'node_modules/.cache/test-report.json', SYNC_LONG } = process.env;
const realFolders = [
  'redis',
  'relay',
  'targets',
  'http',
  'adapters',
  'contracts',
  'listeners',
  'cli',
  'web/screens',
  'web/server',
];

export default defineConfig({
  define: { SYNC_TEST_BUILD: 'false' },
  test: {
    clearMocks: true,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    globalSetup: ['test/helpers/setup.ts'],
    // An end-to-end test keeps one core busy for half of its time, with its command, its servers and its worker, and waits for the rest.
    maxWorkers: 3,
    reporters: process.env.CI ? ['default', ['json', { outputFile: SYNC_REPORT }]] : ['default'],
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          // Pure tests share a worker: to start one for each file would take more CPU than all the tests. What a test replaces
          // is restored before the next one.
          isolate: false,
          restoreMocks: true,
          unstubEnvs: true,
          include: ['test/**/*.test.ts'],
          exclude: [long, 'test/e2e/**', ...realFolders.map((folder) => `test/${folder}/**`)],
        },
      },
      {
        extends: true,
        test: {
          name: 'real',
          include: realFolders.map((folder) => `test/${folder}/**/*.test.ts`),
          exclude: [long],
          globalSetup: ['test/helpers/setup-servers.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: [long, ...faults],
          globalSetup: ['test/helpers/setup-servers.ts'],
          testTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          include: faults,
          globalSetup: ['test/helpers/setup-servers.ts'],
          sequence: { groupOrder: 1 },
          maxWorkers: faults.length,
        },
      },
      {
        extends: true,
        test: {
          name: 'long',
          include: SYNC_LONG ? [long] : [],
          exclude: [deploy],
          globalSetup: ['test/helpers/setup-servers.ts'],
          testTimeout: 180_000,
          sequence: { groupOrder: 2 },
          maxWorkers: 1,
        },
      },
      {
        extends: true,
        test: {
          name: 'deploy',
          include: SYNC_LONG ? [deploy] : [],
          globalSetup: ['test/helpers/setup-servers.ts'],
          testTimeout: 180_000,
        },
      },
    ],
  },
});
