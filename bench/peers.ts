// `npm run bench:peers`: measures cronsync beside the tools that people use today, and beside what they write by hand, on the same
// files and databases. See `npm run bench:peers -- --help`. Writes bench/peers.md when everything is measured. Needs the built
// command, python3, psql, sqlite3 and GNU time.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { startPrivateRedis } from '../scripts/private-redis.ts';
import { type Phase, writeData } from './peers/data.ts';
import { servePages } from './peers/pages.ts';
import { openDatabase } from './peers/postgres.ts';
import { type Measured, report } from './peers/report.ts';
import { start, treeMs } from './peers/started.ts';
import { type Suite, suitesOf } from './peers/suites.ts';
import type { OpenTool, Tool } from './peers/tools.ts';

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

const folder = mkdtempSync(join(tmpdir(), 'cronsync-peers-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const data = await writeData(folder, rows);
const redis = await startPrivateRedis(folder);
const client = new Redis(redis.url);
const redisPid = Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1]);
const measured: Measured[] = [];
const versions: Record<string, string> = {};
{
  await using database = await openDatabase();
  await using pages = await servePages(data.files.load);
  const serverMs = () => database.cpuMs() + treeMs(redisPid);
  const suites = suitesOf({ folder, redisUrl: redis.url, database, data, pages: pages.url });
  versions.Postgres = database.version;
  versions.Redis = /redis_version:(\S+)/.exec(await client.info('server'))?.[1] ?? '';
  for (const suite of suites) await measureSuite(suite, serverMs);
}
client.disconnect();
await redis.stop();
const text = report(measured, { rows, rounds, bytes: data.bytes, versions });
process.stdout.write(text);
if (only === null && named === null) writeFileSync(fileURLToPath(new URL('peers.md', import.meta.url)), text);

/** All tools in turn, round for round. */
async function measureSuite(suite: Suite, serverMs: () => number): Promise<void> {
  const phases = phasesOf(suite);
  if (phases.length === 0) return;
  const opened = suite.tools.filter(isNamed).flatMap((tool) => {
    const open = openOrSay(tool);
    return open === null ? [] : [{ tool, open }];
  });
  for (let round = 1; round <= rounds; round += 1) {
    for (const [at, { tool, open }] of opened.entries()) {
      await measureTurn(suite, tool, { open, phases, name: `${suite.name}_${at}_${round}`, serverMs });
    }
  }
}

interface TurnOptions {
  readonly open: OpenTool;
  readonly phases: readonly Phase[];
  readonly name: string;
  readonly serverMs: () => number;
}

async function measureTurn(suite: Suite, tool: Tool, { open, phases, name, serverMs }: TurnOptions): Promise<void> {
  await using turn = await suite.begin(tool, name);
  for (const phase of phases.filter((each) => tool.phases.includes(each))) {
    await turn.settle();
    const took = await start(open.command(phase, turn.place), turn.place.folder, serverMs);
    await turn.demand(phase).catch((cause: unknown) => {
      throw new Error(`${tool.name}, ${suite.name}, ${phase}: ${String(cause)}`, { cause });
    });
    measured.push({ suite: suite.name, phase, tool: tool.name, ...took });
    const { wallMs, clientMs, serverMs: servers, peakMb } = took;
    const [wall, own, theirs] = [wallMs, clientMs, servers].map((ms) => (ms / 1000).toFixed(2));
    process.stderr.write(`${suite.name} ${phase}, ${tool.name}: ${wall} s (CPU ${own} + ${theirs} s), ${peakMb} MB\n`);
  }
  await client.flushall();
}

/** A phase needs the first one before it. */
function phasesOf({ name, phases }: Suite): Phase[] {
  const wanted = phases.filter(
    (phase) => only === null || only.includes(name === 'postgres' ? phase : `${name}-${phase}`),
  );
  return wanted.length === 0 || wanted.includes('load') ? wanted : ['load', ...wanted];
}

function isNamed({ name }: Tool): boolean {
  return named === null || named.includes(name.toLowerCase());
}

function openOrSay(tool: Tool): OpenTool | null {
  try {
    const open = tool.open();
    if (open.version !== '') versions[tool.name] = open.version;
    return open;
  } catch (error) {
    process.stderr.write(`${tool.name} cannot be had here: ${String(error)}\n`);
    return null;
  }
}

function listOf(text: string | undefined): string[] | null {
  return text === undefined ? null : text.split(',').map((each) => each.trim().toLowerCase());
}
