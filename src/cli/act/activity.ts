import type { Activity } from '../../activity.ts';
import { ExitCode } from '../../errors.ts';
import { loadSetting, openReader } from '../open/app.ts';
import { printable } from '../output/printable.ts';
import type { ActivityFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';

/** `cronsync activity`: prints what people did to the sync, newest first. */
export async function activityCommand({ limit, ...flags }: ActivityFlags, terminal: Terminal): Promise<ExitCode> {
  const setting = await loadSetting(flags, terminal);
  await using target = await openReader(setting);
  const activities = await target.activity({ limit });
  if (terminal.isJson) {
    terminal.print(JSON.stringify({ activities }));
    return ExitCode.ok;
  }
  if (activities.length === 0) terminal.print('nobody has done anything yet');
  for (const activity of activities) terminal.print(lineOf(activity, terminal));
  if (activities.length === limit) terminal.print(terminal.out.dim(`only ${limit} are shown (--limit)`));
  return ExitCode.ok;
}

function lineOf({ at, who, what, why, detail }: Activity, { out }: Terminal): string {
  const details = Object.entries(detail)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${textOf(value)}`);
  const because = why === null ? '' : `  "${printable(why)}"`;
  return `${out.dim(at.toISOString())} ${printable(who)} ${out.bold(what)}  ${details.join(' ')}${because}`.trimEnd();
}

function textOf(value: unknown): string {
  return printable(Array.isArray(value) ? value.join(',') : String(value));
}
