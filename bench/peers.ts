// `npm run bench:peers`: measures cronsync beside the tools that people use today, and beside what they write by hand, on the same
// files and databases. See `npm run bench:peers -- --help`. Writes bench/peers.md when everything is measured; a tool that cannot be
// installed, or fails, is named there. Needs the built command, python3, psql, sqlite3 and GNU time.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { startPrivateRedis } from '../scripts/private-redis.ts';
import { temporaryFolder } from './machine.ts';
import { type Phase, writeData } from './peers/data.ts';
import { servePages } from './peers/pages.ts';
import { openDatabase } from './peers/postgres.ts';
import { report } from './peers/report.ts';
import { Rounds } from './peers/rounds.ts';
import { treeMs } from './peers/started.ts';
import { type Suite, suitesOf } from './peers/suites.ts';

const help = `Usage: npm run bench:peers -- [options]

  --rows N      how many records (default 100000)
  --rounds N    how often each measurement is made, in turn (default 5)
  --only LIST   which rows of the tables, such as "load,every" or "sqlite-load" (default: all):
                load unchanged changed every gone      into Postgres
                sqlite-load sqlite-unchanged sqlite-changed sqlite-every
                rest-load rest-unchanged               100 pages of 1000 over REST, beside one file
  --tools LIST  which tools, such as "cronsync,sling" (default: all)
  --help

One row, two tools, quickly:   npm run bench:peers -- --only every --tools cronsync,sling --rounds 3
CPU times are the client's and the servers', and are more reliable than seconds on a machine that does something else as well.
`;

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    tools: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}
const rows = Number(values.rows);
const rounds = Number(values.rounds);
const only = listOf(values.only);
const named = listOf(values.tools);

const folder = temporaryFolder('peers');
const data = await writeData(folder, rows);
const redis = await startPrivateRedis(folder);
const client = new Redis(redis.url);
const redisPid = Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1]);
{
  await using database = await openDatabase();
  await using pages = await servePages(data.files.load);
  const versions: Record<string, string> = {
    Postgres: database.version,
    Redis: /redis_version:(\S+)/.exec(await client.info('server'))?.[1] ?? '',
  };
  const suites = suitesOf({ folder, redisUrl: redis.url, database, data, pages: pages.url }).map(wantedOf);
  const measurement = new Rounds(suites, {
    rounds,
    serverMs: () => database.cpuMs() + treeMs(redisPid),
    clean: () => client.flushall(),
  });
  await measurement.run();
  const { measured, failed } = measurement;
  Object.assign(versions, measurement.versions);
  const text = report(measured, { rows, rounds, bytes: data.bytes, versions, failed });
  process.stdout.write(text);
  if (only === null && named === null) writeFileSync(fileURLToPath(new URL('peers.md', import.meta.url)), text);
}
client.disconnect();
await redis.stop();

/** The suite with the phases and the tools that were asked for. A phase needs the first one before it. */
function wantedOf(suite: Suite): Suite {
  const wanted = suite.phases.filter(
    (phase) => only === null || only.includes(suite.name === 'postgres' ? phase : `${suite.name}-${phase}`),
  );
  const phases: readonly Phase[] = wanted.length === 0 || wanted.includes('load') ? wanted : ['load', ...wanted];
  return { ...suite, phases, tools: suite.tools.filter(({ name }) => named?.includes(name.toLowerCase()) ?? true) };
}

function listOf(text: string | undefined): string[] | null {
  return text === undefined ? null : text.split(',').map((each) => each.trim().toLowerCase());
}
