import type { ExitCode } from '../../errors.ts';
import type { InitFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';
import { draftOfPage } from './draft-of-page.ts';
import { finish } from './finish.ts';
import type { Known } from './known.ts';
import { readPage } from './page-source.ts';

/** `cronsync init --from`: one page of the API becomes a config. */
export async function initFromPage(
  from: string,
  known: Known,
  flags: InitFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const page = await readPage(from, flags, known, terminal);
  const { records, ...draft } = await draftOfPage(page, flags, known);
  return finish({ ...known, draft, page: { file: page.file, records }, hits: page.hits }, flags, terminal);
}
