import { checkConfig } from '../../config/load.ts';
import { ConfigError, ExitCode } from '../../errors.ts';
import { configOf, type TargetDraft } from '../../init/config.ts';
import type { Draft } from '../../init/draft.ts';
import { checkCommand } from '../commands/check.ts';
import { loadSetting } from '../open/app.ts';
import type { InitFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';
import { adoptTables } from './adopt-tables.ts';
import type { Asker } from './ask/asker.ts';
import { variablesNamedIn } from './ask/auth.ts';
import { type ConfigFile, schemaPath, writeConfig } from './config-file.ts';
import { nextSteps } from './show/next-steps.ts';
import { plannedPage } from './show/planned-page.ts';
import { printPreview } from './show/preview.ts';
import { printFindings } from './show/report.ts';

/** What the sources have in common when all is known. */
export interface Finished {
  readonly draft: Draft;
  readonly name: string;
  readonly target: TargetDraft;
  readonly place: ConfigFile;
  readonly asker: Asker | null;
  /** The page that was read, and its records; undefined where none was. */
  readonly page?: { readonly file: string; readonly records: readonly unknown[] };
  readonly hits: number;
}

/**
 * Writes the config, and shows what comes of it.
 *
 * 1. Look at the tables that there are.
 * 2. Write the file. A config that would not load is a bug, and is not written.
 * 3. Show what was left out, and three records as they would be stored.
 * 4. Run `check`.
 * 5. Print the commands that come next, and what starts the runs.
 */
export async function finish(finished: Finished, flags: InitFlags, terminal: Terminal): Promise<ExitCode> {
  const { name, target, place, page, asker } = finished;
  const { draft, tables } = await adoptTables(finished.draft, { name, target, asker, table: flags.table }, terminal);
  const config = configOf(draft, { name, target, tables, ...(place.format === 'json' && { schema: schemaPath }) });
  demandValid(config, place, terminal);
  writeConfig(config, place, terminal.caller);
  const unset = variablesIn(config).filter((variable) => !terminal.caller.env[variable]);
  const setting = unset.length > 0 ? null : await loadSetting({ config: place.file }, terminal);
  const next =
    setting && page && draft.adapter.resources[0]
      ? await plannedPage(setting, draft.adapter.resources[0].name, page.file)
      : null;
  const steps = nextSteps(
    {
      file: place.file,
      page: page?.file,
      hasMore: next !== null || (setting === null && draft.adapter.resources[0]?.pagination != null),
      variables: variablesIn(config),
      schedule: flags.schedule ?? 'cron',
      name,
    },
    terminal,
  );
  if (terminal.isJson) {
    terminal.print(JSON.stringify(documentOf({ ...finished, draft }, steps, next?.url.href ?? null)));
    return ExitCode.ok;
  }
  if (terminal.isQuiet) return ExitCode.ok;
  const { print, out } = terminal;
  print(`${out.green('wrote')} ${place.file}`);
  printFindings(draft, terminal);
  if (setting && page && draft.adapter.resources[0])
    await printPreview(setting, draft.adapter.resources[0].name, page.records);
  if (next) print(`page 2 would be ${next.method ?? 'GET'} ${next.url.href}; it was not fetched`);
  if (unset.length > 0) print(`${out.yellow('!')} set ${unset.join(' and ')}, then run "${steps.check}"`);
  const code = setting ? await checkCommand({ ...flags, config: place.file }, terminal) : ExitCode.ok;
  print(`next:\n${steps.commands.map((command) => `  ${command}`).join('\n')}`);
  print(`every minute:\n${indented(steps.schedule)}`);
  return code;
}

/** The config as it would be loaded, with a stand-in for each variable that is not set. */
function demandValid(config: object, { file }: ConfigFile, { caller: { cwd, env } }: Terminal): void {
  const standIns = Object.fromEntries(variablesIn(config).map((name) => [name, env[name] ?? standInFor(name, config)]));
  try {
    checkConfig({ path: file, dir: cwd, content: config }, { ...env, ...standIns });
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    throw new ConfigError(`${cause.message}; nothing was written`, {
      cause,
      ...(cause.hint !== undefined && { hint: cause.hint }),
    });
  }
}

/** A variable may stand for a whole URL. */
function standInFor(name: string, config: object): string {
  const text = JSON.stringify(config);
  if (text.includes(`"url":"$\{${name}}"`)) return 'postgres://127.0.0.1/postgres';
  return text.includes(`"baseUrl":"$\{${name}}`) ? 'https://api.example.com' : 'value';
}

/** The variables that a config needs: those without a default. */
function variablesIn(config: object): readonly string[] {
  return variablesNamedIn(JSON.stringify(config));
}

function documentOf(
  { draft, place, page, hits }: Finished,
  steps: ReturnType<typeof nextSteps>,
  next: string | null,
): object {
  return {
    file: place.file,
    resources: draft.adapter.resources.map(({ name, key, fields, pagination, changes }) => ({
      name,
      key,
      fields: fields.map((field) => field.name),
      pagination: pagination?.type ?? 'none',
      mode: changes === null ? 'snapshot' : 'changes',
    })),
    leftOut: draft.leftOut,
    notes: draft.notes,
    page: page?.file ?? null,
    hits,
    nextPage: next,
    commands: steps.commands,
    schedule: steps.schedule,
  };
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`.trimEnd())
    .join('\n');
}
