import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { ConfigError, ExitCode } from '../../errors.ts';
import { unmatchedProblems } from '../../match/unmatched.ts';
import { connectRedis, loadSetting, openReader, type Setting } from '../open/app.ts';
import { compileResources } from '../open/compile-resources.ts';
import { tryAdapter } from '../open/third-party.ts';
import type { GlobalOptions } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';

interface Finding {
  readonly what: string;
  readonly is: 'good' | 'note' | 'bad';
  readonly detail: string;
}

/**
 * `cronsync check`: config, adapter, Redis, target and tables, as a run would find them. Makes no hit and writes nothing.
 * Prints each finding as it is made, so that those before a Redis that is away are seen as well.
 */
export async function checkCommand(options: GlobalOptions, terminal: Terminal): Promise<ExitCode> {
  const setting = await loadSetting(options, terminal);
  const findings: Finding[] = [];
  for await (const finding of findingsOf(setting)) {
    findings.push(finding);
    if (!terminal.isJson && (!terminal.isQuiet || finding.is === 'bad')) printFinding(finding, terminal);
  }
  if (terminal.isJson) terminal.print(JSON.stringify({ findings }));
  return findings.some(({ is }) => is === 'bad') ? ExitCode.config : ExitCode.ok;
}

async function* findingsOf(setting: Setting): AsyncGenerator<Finding> {
  yield { what: 'config', is: 'good', detail: setting.loaded.path };
  yield await checkAdapter(setting);
  yield await checkRedis(setting);
  yield* await checkTarget(setting);
  yield* shadowedCommand(setting.terminal.caller.env.PATH ?? '');
}

/** Loads the adapter too: the config alone does not show whether a user's module works. */
async function checkAdapter(setting: Setting): Promise<Finding> {
  const { adapter, adapters } = setting.config;
  try {
    await tryAdapter(setting);
    return { what: 'adapter', is: 'good', detail: `${adapter} (${adapters[adapter]?.type})` };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { what: 'adapter', is: 'bad', detail: [error.message, error.hint].filter(Boolean).join('. ') };
  }
}

async function checkRedis(setting: Setting): Promise<Finding> {
  using redis = await connectRedis(setting);
  return { what: 'redis', is: 'good', detail: redis.address };
}

async function checkTarget(setting: Setting): Promise<Finding[]> {
  const unwritable = unwritablePlace(setting);
  if (unwritable !== undefined) return [{ what: 'target', is: 'bad', detail: unwritable }];
  await using target = await openReader(setting);
  const findings: Finding[] = [{ what: 'target', is: 'good', detail: target.label }];
  for (const resource of await compileResources(setting)) {
    const { table } = resource;
    const what = `table ${table.table}`;
    const { exists, missingColumns, warnings, ...state } = await target.inspect(table);
    const problems = [...state.problems, ...(await unmatchedProblems(resource, setting.config.adapter, target))];
    for (const problem of problems) findings.push({ what, is: 'bad', detail: problem });
    if (problems.length > 0) continue;
    if (!exists) findings.push({ what, is: 'note', detail: 'does not exist yet; the first run creates it' });
    else if (missingColumns.length > 0)
      findings.push({ what, is: 'note', detail: `the next run adds ${missingColumns.join(', ')}` });
    else findings.push({ what, is: 'good', detail: 'has every column' });
    for (const warning of warnings) findings.push({ what, is: 'note', detail: warning });
  }
  return findings;
}

/** What keeps a run from writing its SQLite file. A run creates the file, but not its folder. */
function unwritablePlace({ config: { target } }: Setting): string | undefined {
  if (target.type !== 'sqlite') return undefined;
  const folder = dirname(target.file);
  if (!existsSync(folder)) return `a run cannot create ${target.file}: the folder ${folder} does not exist. Create it`;
  const places = existsSync(target.file) ? [folder, target.file] : [folder];
  const refused = places.find((place) => !isWritable(place));
  return refused && `a run cannot write ${target.file}: this user may not write ${refused}. Change its rights`;
}

function isWritable(place: string): boolean {
  try {
    accessSync(place, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Cron's PATH finds the `sync` of coreutils first, which flushes the disks and exits 0. */
function shadowedCommand(path: string): Finding[] {
  const first = path
    .split(delimiter)
    .map((folder) => join(folder, 'sync'))
    .find((file) => existsSync(file));
  if (first === undefined || realpathSync(first).endsWith('sync.js')) return [];
  return [
    {
      what: 'command',
      is: 'note',
      detail: `"sync" in this PATH is ${first}, another program: in crontabs, write the absolute path of cronsync`,
    },
  ];
}

function printFinding({ what, is, detail }: Finding, { print, out }: Terminal): void {
  const mark = { good: out.green('✓'), note: out.yellow('!'), bad: out.red('✗') }[is];
  print(`${mark} ${out.bold(what)}  ${detail}`);
}
