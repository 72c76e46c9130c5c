import { note } from '../../act/note.ts';
import { ExitCode } from '../../errors.ts';
import type { HeldToken } from '../../permit.ts';
import { thisActor } from '../actor.ts';
import { confirm } from '../commands/confirm.ts';
import { openReader, openTarget, type Setting } from '../open/app.ts';
import { many } from '../output/numbers.ts';
import type { RunFlags } from '../program/flags.ts';

/** Confirms on the terminal what a run would throw away, and notes what a person has asked of it. Cron is never asked. */
export async function runByPerson(setting: Setting, flags: RunFlags, run: () => Promise<number>): Promise<number> {
  const isTyped = setting.terminal.caller.terminal.stdin.isTTY === true;
  if (flags.full && isTyped && !(await mayStartOver(setting, flags))) return ExitCode.ok;
  const exitCode = await run();
  if (exitCode !== ExitCode.usage) await noteAsked(setting, flags, isTyped);
  return exitCode;
}

/** Asks only if a pass is under way, whose pages would be read again. */
async function mayStartOver(setting: Setting, { resource: wanted, yes }: RunFlags): Promise<boolean> {
  await using target = await openReader(setting);
  const underWay: string[] = [];
  for (const resource of wanted ?? Object.keys(setting.config.resources)) {
    const { pass, phase, progress } = (await target.pass(resource))?.checkpoint ?? {};
    if (phase === 'walking' && progress && progress.pages > 0)
      underWay.push(`pass ${pass} of ${resource} has read ${many(progress.pages, 'page')}`);
  }
  if (underWay.length === 0) return true;
  const fence = await target.fence();
  const holder = fence ? `; the run that works on it (${fence.holder}), if it still does, can no longer write` : '';
  return await confirm(`Start over? ${underWay.join('; ')}, which are read again${holder}.`, yes, setting.terminal);
}

async function noteAsked(setting: Setting, flags: RunFlags, isTyped: boolean): Promise<void> {
  const { full, allowMassDelete, allowMassUpdate, resource } = flags;
  const isPermit = allowMassDelete !== undefined || allowMassUpdate !== undefined;
  if (!isPermit && !isTyped) return;
  await using target = await openTarget(setting);
  const noting = { target, actor: thisActor(), log: setting.terminal.log };
  const resources = resource ?? Object.keys(setting.config.resources);
  if (full && isTyped) await note(noting, 'full', { resources });
  if (isPermit)
    await note(noting, 'approve', { resources, deletes: countOf(allowMassDelete), updates: countOf(allowMassUpdate) });
}

/** How many were named; `asked` where the terminal has shown them. */
function countOf(token: HeldToken | true | undefined): number | 'asked' | null {
  if (token === undefined) return null;
  return token === true ? 'asked' : token.count;
}
