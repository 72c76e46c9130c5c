import { ExitCode, worstExitCode } from '../../errors.ts';
import { checkExpressions } from '../check/expressions.ts';
import { type Finding, findingsOr, good } from '../check/finding.ts';
import { checkListeners } from '../check/listeners.ts';
import { checkProblems } from '../check/problems.ts';
import { checkRedis } from '../check/redis.ts';
import { shadowedCommand } from '../check/shadowed.ts';
import { checkTarget } from '../check/target.ts';
import { checkTransforms } from '../check/transforms.ts';
import { loadSetting, type Setting } from '../open/app.ts';
import { tryAdapter } from '../open/third-party.ts';
import type { GlobalOptions } from '../program/flags.ts';
import { asTyped } from '../shell-command.ts';
import { wrapped } from '../status/table.ts';
import type { Terminal } from '../terminal.ts';

/**
 * `cronsync check`: config, adapter, expressions, listeners, Redis, target and tables, as a run and a daemon would find them,
 * and the standing problems. Makes no hit and writes nothing. Each store is asked on its own, and one that is away hides no
 * other finding. Prints each finding as it is made.
 */
export async function checkCommand(options: GlobalOptions, terminal: Terminal): Promise<ExitCode> {
  const setting = await loadSetting(options, terminal);
  const findings: Finding[] = [];
  for await (const finding of findingsOf(setting)) {
    findings.push(finding);
    if (!terminal.isJson && (!terminal.isQuiet || finding.is === 'bad')) printFinding(finding, terminal);
  }
  if (terminal.isJson) terminal.print(JSON.stringify({ findings: findings.map(printed) }));
  return worstExitCode(findings.map(({ exitCode = ExitCode.ok }) => exitCode));
}

async function* findingsOf(setting: Setting): AsyncGenerator<Finding> {
  const { adapter, adapters } = setting.config;
  const config = adapters[adapter];
  yield good('config', setting.loaded.path);
  for (const path of setting.envFiles) yield good('env file', path);
  yield* await findingsOr('adapter', async () => {
    // The config alone does not show whether a user's module works.
    const through = await tryAdapter(setting);
    return [good('adapter', `${adapter} (${config?.type})${through}`)];
  });
  if (config) yield* await checkExpressions(adapter, config);
  if (config) yield* checkTransforms(config, setting.loaded.dir);
  yield* await checkListeners(setting);
  yield* await checkRedis(setting);
  yield* await checkTarget(setting);
  yield* await checkProblems(setting);
  yield* shadowedCommand(setting.terminal.caller.env.PATH ?? '');
}

function printed({ what, is, detail }: Finding): Omit<Finding, 'exitCode'> {
  return { what, is, detail };
}

/** On a terminal, lines are broken between words, and all but the first are indented. */
function printFinding({ what, is, detail }: Finding, { print, out, command, columns = Infinity }: Terminal): void {
  const mark = { good: out.green('✓'), note: out.yellow('!'), bad: out.red('✗') }[is];
  const [first = '', ...rest] = wrapped(`${what}  ${asTyped(detail, command)}`, columns - 2);
  print(`${mark} ${out.bold(what)}${first.slice(what.length)}`);
  for (const line of rest) print(`  ${line}`);
}
