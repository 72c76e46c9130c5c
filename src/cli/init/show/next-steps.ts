import { basename, dirname, resolve } from 'node:path';
import { ExitCode } from '../../../errors.ts';
import type { Schedule } from '../../program/flags.ts';
import type { Terminal } from '../../terminal.ts';
import { configFlag, quoted } from '../config-flag.ts';

export interface NextSteps {
  /** The config that was written, as the user typed it. */
  readonly file: string;
  /** The kept page; undefined where none was read. */
  readonly page: string | undefined;
  /** Whether more pages follow the kept one. */
  readonly hasMore: boolean;
  readonly variables: readonly string[];
  readonly schedule: Schedule;
  readonly name: string;
}

/** The commands that come next, and what starts the runs, each as it is typed or written. */
export function nextSteps(
  steps: NextSteps,
  terminal: Terminal,
): { readonly check: string; readonly commands: readonly string[]; readonly schedule: string } {
  const { command, caller } = terminal;
  const config = configFlag(steps.file, caller);
  const kept = steps.page === undefined ? '' : ` --from ${quoted(steps.page)}${steps.hasMore ? ' --max-pages 1' : ''}`;
  const commands = [
    `${command} run --dry-run${kept}${config}`,
    `${command}${kept === '' ? '' : ` run${kept}`}${config}`,
  ];
  return { check: `${command} check${config}`, commands, schedule: scheduleOf(steps, terminal) };
}

/** Where the installed command is, as a crontab has to name it. */
function installed({ caller: { script = '', cwd } }: Terminal): string {
  const bin = resolve(cwd, 'node_modules/.bin/cronsync');
  const at = script.lastIndexOf('/node_modules/');
  return at < 0 ? bin : `${script.slice(0, at)}/node_modules/.bin/cronsync`;
}

function scheduleOf(steps: NextSteps, terminal: Terminal): string {
  const { caller } = terminal;
  const { cwd } = caller;
  const command = `${installed(terminal)} --quiet${configFlag(resolve(cwd, steps.file), caller)}`;
  if (steps.schedule === 'cron') return cronLines(cwd, command, steps.variables);
  return steps.schedule === 'systemd' ? systemdUnit(steps, cwd, command) : cronJob(steps);
}

function cronLines(cwd: string, command: string, variables: readonly string[]): string {
  const secrets = variables.map((name) => `${name}=…`);
  return [
    `PATH=${dirname(process.execPath)}:/usr/bin:/bin`,
    ...secrets,
    `* * * * * cd ${quoted(cwd)} && ${command}`,
  ].join('\n');
}

function systemdUnit({ name, variables }: NextSteps, cwd: string, command: string): string {
  const environment =
    variables.length === 0
      ? []
      : [`# It sets ${variables.join(' and ')}.`, `EnvironmentFile=/etc/cronsync/${name}.env`];
  return [
    `# /etc/systemd/system/cronsync-${name}.service`,
    '[Service]',
    'Type=oneshot',
    `WorkingDirectory=${cwd}`,
    `Environment=PATH=${dirname(process.execPath)}:/usr/bin:/bin`,
    ...environment,
    `ExecStart=${command}`,
    `SuccessExitStatus=${ExitCode.locked}`,
    '',
    `# /etc/systemd/system/cronsync-${name}.timer`,
    '[Timer]',
    'OnCalendar=minutely',
    'AccuracySec=1s',
    '',
    '[Install]',
    'WantedBy=timers.target',
  ].join('\n');
}

function cronJob({ name, variables, file }: NextSteps): string {
  const secrets = variables.length === 0 ? [] : [`              envFrom: [{secretRef: {name: cronsync-${name}}}]`];
  return [
    'apiVersion: batch/v1',
    'kind: CronJob',
    `metadata: {name: cronsync-${name}}`,
    'spec:',
    '  schedule: "* * * * *"',
    '  concurrencyPolicy: Forbid',
    '  jobTemplate:',
    '    spec:',
    '      backoffLimit: 0',
    '      template:',
    '        spec:',
    '          restartPolicy: Never',
    '          containers:',
    '            - name: cronsync',
    '              image: cronsync:latest',
    `              args: [run, --config, /etc/cronsync/${basename(file)}]`,
    ...secrets,
    '              volumeMounts: [{name: config, mountPath: /etc/cronsync}]',
    `          volumes: [{name: config, configMap: {name: cronsync-${name}}}]`,
  ].join('\n');
}
