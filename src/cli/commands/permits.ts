import { UsageError } from '../../errors.ts';
import { heldTogether } from '../../pass/updates.ts';
import { type Permit, wordsOf } from '../../run/permits.ts';
import { openReader, type Setting } from '../open/app.ts';
import { many } from '../output/numbers.ts';
import type { RunFlags } from '../program/flags.ts';
import { confirm } from './confirm.ts';

/** What a person permits of what is held; null where nobody does. Without a number, they say so on the terminal. */
export async function permitsOf(setting: Setting, flags: RunFlags): Promise<readonly Permit[] | null> {
  const { allowMassDelete: deletes, allowMassUpdate: updates } = flags;
  if (deletes === undefined && updates === undefined) return null;
  const given = [
    ...(typeof deletes === 'number' ? [{ what: 'deletes' as const, count: deletes }] : []),
    ...(typeof updates === 'number' ? [{ what: 'updates' as const, count: updates }] : []),
  ];
  const open = [...(deletes === true ? ['deletes' as const] : []), ...(updates === true ? ['updates' as const] : [])];
  return open.length === 0 ? given : [...given, ...(await askPermits(open, setting, flags))];
}

async function askPermits(
  what: readonly Permit['what'][],
  setting: Setting,
  { resource: wanted }: RunFlags,
): Promise<readonly Permit[]> {
  const all = await heldIn(setting, wanted ?? Object.keys(setting.config.resources));
  const held = all.filter((each) => what.includes(each.what));
  if (held.length > 0 && !setting.terminal.caller.terminal.stdin.isTTY) throw needsNumber(held);
  const permitted: Permit[] = [];
  for (const permit of held) {
    const question = `Permit ${many(permit.count, wordsOf[permit.what].noun)} of ${permit.resource}? ${permit.because}.`;
    if (await confirm(question, false, setting.terminal)) permitted.push(permit);
  }
  if (held.length > 0 && permitted.length === 0) throw new UsageError('nothing was permitted; nothing was done');
  return permitted;
}

type Held = Required<Permit> & { readonly because: string };

async function heldIn(setting: Setting, resources: readonly string[]): Promise<readonly Held[]> {
  await using target = await openReader(setting);
  const passes = await Promise.all(
    resources.map(async (resource) => ({ resource, stored: await target.pass(resource) })),
  );
  return passes.flatMap(({ resource, stored }) => {
    const { held = null, pass = 0, ...values } = stored?.checkpoint ?? {};
    const together = heldTogether(values);
    return [
      ...(held ? [{ what: 'deletes' as const, resource, pass, ...held }] : []),
      ...(together ? [{ what: 'updates' as const, resource, ...together }] : []),
    ];
  });
}

function needsNumber(held: readonly Held[]): UsageError {
  const list = held.map(({ what, resource, count, pass }) => {
    return `${resource} holds ${many(count, wordsOf[what].noun)} (pass ${pass})`;
  });
  const [first] = held.map(({ what, count }) => `"cronsync run ${wordsOf[what].flag}=${count}"`);
  return new UsageError(`${list.join('; ')}; nothing was done`, {
    hint: `Look at them with "cronsync run --dry-run". ${first} permits them, once.`,
  });
}
