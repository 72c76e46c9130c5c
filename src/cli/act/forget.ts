import { forgetSync, tablesIn } from '../../act/forget.ts';
import { note } from '../../act/note.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { takeLock } from '../../run/take-lock.ts';
import type { KnownSync } from '../../syncs.ts';
import { thisActor } from '../actor.ts';
import { confirm } from '../commands/confirm.ts';
import { connectRedis, loadSetting, lockOf, type Setting, thisHolder } from '../open/app.ts';
import { openNamedSync, openSyncs, settingFor } from '../open/named-sync.ts';
import { Opened } from '../open/opened.ts';
import { knownOf, unknownSync } from '../output/known-sync.ts';
import { many } from '../output/numbers.ts';
import type { ForgetFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';

/**
 * `cronsync forget`: forgets all that is known of a sync, or of some of its resources, so that another sync may own their
 * tables. The rows stay, unless `--tables` is given.
 */
export async function forgetCommand(
  named: string | undefined,
  flags: ForgetFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const own = await loadSetting(flags, terminal);
  const name = named ?? own.config.name;
  const setting = settingFor(name, own);
  await using opened = new Opened();
  const redis = await connectRedis(setting);
  opened.defer(() => redis.close());
  const syncs = opened.use(await openSyncs(setting));
  const known = await syncs.known(name);
  const resources = flags.resource ?? null;
  const sync = await openNamedSync(setting, redis, opened);
  const isInRedis = (await sync.stream.state()).last.generation > 0;
  if (!known && !isInRedis) throw unknownSync(name, await syncs.names());
  if (known) refuseUnknown(resources, known, name);
  const forgetting = { resources, dropsTables: flags.tables === true };
  const tables = known ? tablesIn(known, resources) : [];
  if (!(await confirm(questionOf(name, known, forgetting), flags.yes, terminal))) return ExitCode.ok;

  const lease = await takeLock(lockOf(setting, redis), thisHolder(), Date.now());
  opened.defer(() => lease.release());
  await forgetSync(sync, forgetting, syncs);
  const forgotten = resources ?? tables.map(({ resource }) => resource);
  const noting = { actor: thisActor(flags.reason), target: sync.target, log: terminal.log };
  if (known) await note(noting, 'forget', { resources: forgotten, isWhole: resources === null });
  const dropped = forgetting.dropsTables ? tables.map(({ table }) => table) : [];
  report({ name, resources: forgotten, isWhole: resources === null, dropped }, own);
  return ExitCode.ok;
}

function refuseUnknown(resources: readonly string[] | null, { tables }: KnownSync, name: string): void {
  const known = tables.map(({ resource }) => resource);
  const unknown = resources?.find((resource) => !known.includes(resource));
  if (unknown === undefined) return;
  throw new UsageError(`${name} owns no table for the resource ${unknown}; nothing was changed`, {
    hint: known.length === 0 ? 'It owns no tables.' : `It has ${known.join(', ')}.`,
  });
}

function questionOf(
  name: string,
  known: KnownSync | null,
  { resources, dropsTables }: { readonly resources: readonly string[] | null; readonly dropsTables: boolean },
): string {
  if (known === null) return `Remove what ${name} has left in Redis?`;
  const tables = tablesIn(known, resources);
  const what =
    resources === null
      ? `all that is known of ${name}: ${knownOf(known)}`
      : `what is known of ${tables.map(({ table, live }) => `${many(live, 'record')} in ${table}`).join(', ')}`;
  const names = tables.map(({ table }) => table).join(', ');
  if (tables.length === 0) return `Forget ${what}?`;
  return dropsTables
    ? `Forget ${what}, and drop ${names} with every row?`
    : `Forget ${what}? The rows of ${names} stay as they are.`;
}

interface Forgotten {
  readonly name: string;
  readonly resources: readonly string[];
  readonly isWhole: boolean;
  readonly dropped: readonly string[];
}

function report(forgotten: Forgotten, { terminal, config }: Setting): void {
  const { name, resources, isWhole, dropped } = forgotten;
  if (terminal.isJson) terminal.print(JSON.stringify(forgotten));
  else if (!terminal.isQuiet) {
    const what = isWhole ? name : `${resources.join(', ')} of ${name}`;
    terminal.print(`${what} is forgotten${dropped.length > 0 ? `, and ${dropped.join(', ')} dropped` : ''}`);
  }
  const isBack = config.name === name && resources.some((resource) => resource in config.resources);
  if (isBack)
    terminal.report(`${name} is in the config: its next run takes the tables again, unless another sync has them`);
}
