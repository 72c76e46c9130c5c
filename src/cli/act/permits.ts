import { type Approval, type HeldNow, heldNow } from '../../act/approve.ts';
import { UsageError } from '../../errors.ts';
import { wordsOf } from '../../pass/held-words.ts';
import { type HeldKind, type HeldToken, heldTokenOf } from '../../permit.ts';
import type { Permit } from '../../run/permits.ts';
import { ask } from '../commands/confirm.ts';
import { openReader, type Setting } from '../open/app.ts';
import { many } from '../output/numbers.ts';

/** What a person permits of what is held; null where nobody does. Without a number, they say so on the terminal. */
export async function permitsOf(
  { deletes, updates }: Readonly<Record<HeldKind, HeldToken | true | undefined>>,
  resources: readonly string[],
  setting: Setting,
): Promise<readonly Permit[] | null> {
  if (deletes === undefined && updates === undefined) return null;
  const given = [...tokensOf('deletes', deletes), ...tokensOf('updates', updates)];
  const open: HeldKind[] = [
    ...(deletes === true ? ['deletes' as const] : []),
    ...(updates === true ? ['updates' as const] : []),
  ];
  if (open.length === 0) return given;
  return [...given, ...(await askFor(open, resources, setting))];
}

function tokensOf(what: HeldKind, token: HeldToken | true | undefined): Permit[] {
  return token === undefined || token === true ? [] : [{ what, ...token }];
}

/** Shows what is held, and asks whether it is permitted. Throws where there is no terminal, with what to type instead. */
async function askFor(
  what: readonly HeldKind[],
  resources: readonly string[],
  setting: Setting,
): Promise<readonly Approval[]> {
  await using target = await openReader(setting);
  const held = (await heldNow(resources, target)).filter((each) => what.includes(each.what));
  if (held.length > 0 && !setting.terminal.caller.terminal.stdin.isTTY) throw needsNumber(held);
  const permitted: Approval[] = [];
  for (const each of held) {
    const { count, digest, because } = each.name;
    const question = `Permit ${many(count, wordsOf[each.what].noun)} of ${each.resource}? ${because}.`;
    if (await ask(question, setting.terminal))
      permitted.push({ what: each.what, resource: each.resource, count, digest });
  }
  if (held.length > 0 && permitted.length === 0) throw new UsageError('nothing was permitted; nothing was done');
  return permitted;
}

function needsNumber(held: readonly HeldNow[]): UsageError {
  const list = held.map(({ what, resource, name }) => {
    return `${resource} holds ${many(name.count, wordsOf[what].noun)} (pass ${name.pass})`;
  });
  const [first] = held.map(({ what, name }) => `"cronsync run ${wordsOf[what].flag}=${heldTokenOf(name)}"`);
  return new UsageError(`${list.join('; ')}; nothing was done`, {
    hint: `Look at them with "cronsync run --dry-run". ${first} permits them, once.`,
  });
}
