import { ExitCode, UsageError } from '../../errors.ts';
import { loadSetting, openReader } from '../open/app.ts';
import { printable } from '../output/printable.ts';
import type { GlobalOptions, ListRejectsFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';

/** `cronsync rejects list`: prints the records that were rejected, and why. */
export async function listRejects(options: ListRejectsFlags, terminal: Terminal): Promise<ExitCode> {
  const setting = await loadSetting(options, terminal);
  await using target = await openReader(setting);
  const { resource, limit } = options;
  const rejects = await target.rejects({ limit, ...(resource !== undefined && { resource }) });
  if (terminal.isJson) {
    terminal.print(JSON.stringify({ rejects }));
    return ExitCode.ok;
  }
  if (rejects.length === 0) terminal.print('no record is in quarantine');
  for (const { id, resource: of, key, reasons, at } of rejects) {
    terminal.print(
      `${terminal.out.dim(at.toISOString())} ${id} ${of} ${printable(key ?? '(no key)')}: ${printable(reasons.join('; '))}`,
    );
  }
  return ExitCode.ok;
}

/** `cronsync rejects show`: prints one of them, as it arrived. */
export async function showReject(id: string, options: GlobalOptions, terminal: Terminal): Promise<ExitCode> {
  const setting = await loadSetting(options, terminal);
  await using target = await openReader(setting);
  const reject = (await target.rejects({ limit: Number.MAX_SAFE_INTEGER })).find((one) => one.id === id);
  if (!reject) throw new UsageError(`there is no rejected record ${id}`, { hint: 'See "cronsync rejects list".' });
  if (terminal.isJson) terminal.print(JSON.stringify(reject));
  else {
    terminal.print(`${reject.resource} ${printable(reject.key ?? '(no key)')}, ${reject.at.toISOString()}`);
    for (const reason of reject.reasons) terminal.print(`  ${terminal.out.yellow(printable(reason))}`);
    terminal.print(reject.raw);
  }
  return ExitCode.ok;
}
