// Records the terminal session that the README shows: real commands, real output, written to docs/session.txt and into
// README.md. `node scripts/record-session.ts`; with `--print` it only prints it.
import { readFileSync, writeFileSync } from 'node:fs';
import { openStage, type Stage } from './stage.ts';
import { editionsOf } from './third-parties.ts';

const everyMs = 1000;
const file = new URL('../docs/session.txt', import.meta.url);
const readme = new URL('../README.md', import.meta.url);
const { first, next } = editionsOf('NO');

/** The session as the README holds it. */
const sessionPattern = /(?<=<!-- session -->\n```console\n)[\s\S]*?(?=```\n<!-- \/session -->)/;

async function record(): Promise<string> {
  process.env.NO_COLOR = '1';
  await using stage = await openStage(everyMs, new AbortController().signal);
  stage.atlas.publish(first);
  const lines = [
    await ran(stage, '# The first run loads everything, page by page, at the pace that the API allows.'),
    await ran(stage, '# A minute later: nothing has changed, nothing is written.'),
  ];
  stage.atlas.publish(next);
  lines.push(
    await ran(stage, '# The API has news. What would they change?', 'run', '--dry-run'),
    await ran(stage, '# Do it.'),
    await ran(
      stage,
      '# Each change is an event, on a Redis stream too.',
      'events',
      '--since',
      `${first.length}`,
      '--type',
      'cities.deleted',
    ),
  );
  stage.atlas.publish(next.slice(0, 200));
  lines.push(await ran(stage, '# A bad day: the API loses most of its records, or says so.'));
  lines.push(await began(stage, '# Is our data right?', 2, 'status'));
  stage.almanac.publish(next);
  lines.push(
    await ran(
      stage,
      '# Another third party, another shape, the same data: not one row.',
      'run',
      '--adapter',
      'almanac',
    ),
  );
  return lines.join('\n');
}

async function ran(stage: Stage, why: string, ...args: readonly string[]): Promise<string> {
  const { exitCode, output } = await stage.sync(args, 'keep');
  const status = exitCode === 0 ? '' : `$ echo $?\n${exitCode}\n`;
  return `${why}\n$ ${['cronsync', ...args].join(' ')}\n${output}${status}`;
}

/** The first lines of what a command prints. */
async function began(stage: Stage, why: string, count: number, ...args: readonly string[]): Promise<string> {
  const { output } = await stage.sync(args, 'keep');
  const lines = output.split('\n').slice(0, count);
  return `${why}\n$ ${['cronsync', ...args].join(' ')} | head -n ${count}\n${lines.join('\n')}\n`;
}

if (process.argv[1] === import.meta.filename) {
  const session = await record();
  process.stdout.write(session);
  if (!process.argv.includes('--print')) {
    writeFileSync(file, session);
    writeFileSync(
      readme,
      readFileSync(readme, 'utf8').replace(sessionPattern, () => session),
    );
  }
}
