import { UsageError } from '../../errors.ts';
import type { Permit } from '../../run/permits.ts';
import { openReader, type Setting } from '../open/app.ts';
import { many } from '../output/numbers.ts';
import type { RunFlags } from '../program/flags.ts';
import { confirm } from './confirm.ts';

/** What `--allow-mass-delete` permits; null without the flag. Without a number, a person says so on the terminal. */
export async function permitsOf(setting: Setting, flags: RunFlags): Promise<readonly Permit[] | null> {
  const { allowMassDelete: allowed } = flags;
  if (allowed === undefined) return null;
  return allowed === true ? askPermits(setting, flags) : [{ count: allowed }];
}

async function askPermits(setting: Setting, { resource: wanted }: RunFlags): Promise<readonly Permit[]> {
  const held = await heldIn(setting, wanted ?? Object.keys(setting.config.resources));
  if (held.length > 0 && !setting.terminal.caller.terminal.stdin.isTTY) throw needsNumber(held);
  const permitted: Permit[] = [];
  for (const permit of held) {
    const question = `Delete ${many(permit.count, 'row')} of ${permit.resource}? ${permit.because}.`;
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
    const { held = null, pass = 0 } = stored?.checkpoint ?? {};
    return held ? { resource, pass: held.pass ?? pass, count: held.count, because: held.because } : [];
  });
}

function needsNumber(held: readonly Held[]): UsageError {
  const list = held.map(({ resource, count, pass }) => `${resource} holds ${many(count, 'deletion')} (pass ${pass})`);
  return new UsageError(`${list.join('; ')}; nothing was done`, {
    hint: `Look at them with "cronsync run --dry-run". "cronsync run --allow-mass-delete=${held[0]?.count}" permits them, once.`,
  });
}
