import { type Approval, approve } from '../../act/approve.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { wordsOf } from '../../pass/held-words.ts';
import type { StoredPermit } from '../../permit.ts';
import { roughly } from '../../verdict/words.ts';
import { thisActor } from '../actor.ts';
import { loadSetting, openTarget, type Setting } from '../open/app.ts';
import { compileResources } from '../open/compile-resources.ts';
import { many } from '../output/numbers.ts';
import type { ApproveFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';
import { permitsOf } from './permits.ts';

/** `cronsync approve`: permits, once, exactly what the guard holds back. The next run writes it. */
export async function approveCommand(flags: ApproveFlags, terminal: Terminal): Promise<ExitCode> {
  const setting = await loadSetting(flags, terminal);
  const resources = (await compileResources(setting, flags.resource)).map(({ table }) => table.resource);
  const approvals = await approvalsOf(flags, resources, setting);
  if (approvals.length === 0) throw new UsageError('nothing is held back; nothing was approved');
  await using target = await openTarget(setting);
  const actor = thisActor(flags.reason);
  const permits = await approve(approvals, resources, { target, actor, now: Date.now, log: terminal.log });
  if (terminal.isJson) terminal.print(JSON.stringify({ permits }));
  else if (!terminal.isQuiet) for (const permit of permits) terminal.print(sentenceOf(permit));
  return ExitCode.ok;
}

/** Without a kind, it is asked for both. */
async function approvalsOf(
  { deletes, updates }: ApproveFlags,
  resources: readonly string[],
  setting: Setting,
): Promise<readonly Approval[]> {
  const isOfBoth = deletes === undefined && updates === undefined;
  const asked = { deletes: isOfBoth || deletes, updates: isOfBoth || updates };
  return (await permitsOf(asked, resources, setting)) ?? [];
}

function sentenceOf({ what, resource, count, at, until }: StoredPermit): string {
  const verb = count === 1 ? 'is' : 'are';
  const within = roughly(until.getTime() - at.getTime());
  return `${many(count, wordsOf[what].noun)} of ${resource} ${verb} approved; the next run within ${within} writes ${count === 1 ? 'it' : 'them'}`;
}
