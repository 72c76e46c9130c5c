import { note } from '../../act/note.ts';
import { renameSync } from '../../act/rename.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { takeLock } from '../../run/take-lock.ts';
import type { KnownSync, Syncs } from '../../syncs.ts';
import { thisActor } from '../actor.ts';
import { confirm } from '../commands/confirm.ts';
import { connectRedis, loadSetting, lockOf, type Setting, thisHolder } from '../open/app.ts';
import { openNamedSync, openSyncs, settingFor } from '../open/named-sync.ts';
import { Opened } from '../open/opened.ts';
import { knownOf, unknownSync } from '../output/known-sync.ts';
import type { ConfirmFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';

/** `cronsync rename`: gives a sync another name, with all that is known of it. One of the names is that of the config. */
export async function renameCommand(
  from: string,
  to: string,
  options: ConfirmFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const setting = await loadSetting(options, terminal);
  refuseOthers([from, to], setting);
  const [old, next] = [settingFor(from, setting), settingFor(to, setting)];
  await using opened = new Opened();
  const redis = await connectRedis(setting);
  opened.defer(() => redis.close());
  const syncs = opened.use(await openSyncs(setting));
  const known = await syncs.known(from);
  if (known?.hasRun && !(await confirm(questionOf(from, to, known), options.yes, terminal))) return ExitCode.ok;

  for (const each of [old, next]) {
    const lease = await takeLock(lockOf(each, redis), thisHolder(), Date.now());
    opened.defer(() => lease.release());
  }
  const sync = { from: await openNamedSync(old, redis, opened), to: await openNamedSync(next, redis, opened) };
  const renamed = await renameSync(sync.from, sync.to, syncs);
  const noting = { actor: thisActor(options.reason), target: sync.to.target, log: terminal.log };
  if (renamed === 'all') await note(noting, 'rename', { from, to });
  if (renamed === 'nothing') throw await nothingKnown(from, to, syncs);
  report({ from, to, isWhole: renamed === 'all' }, setting);
  return ExitCode.ok;
}

function refuseOthers([from, to]: readonly [string, string], { config }: Setting): void {
  if (from === to) throw new UsageError(`the sync is called ${from} already; nothing was changed`);
  if (config.name === from || config.name === to) return;
  throw new UsageError(
    `neither ${from} nor ${to} is the name in the config, which is ${config.name}; nothing was changed`,
    {
      hint: 'Name the config of that sync with --config.',
    },
  );
}

function questionOf(from: string, to: string, known: KnownSync): string {
  return `Rename ${from} to ${to}? It has ${knownOf(known)}. The rows stay as they are, and listeners may receive again what they have not acknowledged.`;
}

async function nothingKnown(from: string, to: string, syncs: Syncs): Promise<UsageError> {
  const isDone = (await syncs.known(to))?.hasRun === true;
  return isDone
    ? new UsageError(`there is no sync ${from}, and ${to} is there already; nothing was changed`)
    : unknownSync(from, await syncs.names());
}

function report(
  renamed: { readonly from: string; readonly to: string; readonly isWhole: boolean },
  setting: Setting,
): void {
  const { terminal, config } = setting;
  const { from, to, isWhole } = renamed;
  if (terminal.isJson) terminal.print(JSON.stringify(renamed));
  else if (!terminal.isQuiet) {
    terminal.print(
      isWhole ? `${from} is called ${to} now` : `what was left of ${from} in Redis is gone; it is called ${to} now`,
    );
  }
  if (config.name === from) terminal.report(`${terminal.err.dim('hint:')} Write "name": "${to}" in the config.`);
}
