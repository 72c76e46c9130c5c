import { UsageError } from '../../../errors.ts';
import type { TargetDraft } from '../../../init/config.ts';
import { fromVariable } from '../../../init/names.ts';
import type { Asker } from './asker.ts';

export const usualTarget: TargetDraft = { type: 'sqlite', file: './sync.db' };

/** Reads `--target`: a SQLite file, or `postgres:VARIABLE`, or the URL of a database without a password. Throws `UsageError`. */
export function parseTarget(text: string): TargetDraft {
  const [, variable] = /^postgres:([A-Za-z_]\w*)$/.exec(text) ?? [];
  if (variable !== undefined) return { type: 'postgres', url: fromVariable(variable) };
  const url = /^postgres(ql)?:\/\//.test(text) ? URL.parse(text.replace('@/', '@localhost/')) : null;
  if (url !== null) {
    if (url.password) {
      throw new UsageError(
        '--target has a password in it, which other users of this machine can read; nothing was done',
        {
          hint: 'Put the URL into a variable, and name it: "--target postgres:DATABASE_URL".',
        },
      );
    }
    return { type: 'postgres', url: text };
  }
  if (/^\s*postgres/i.test(text)) {
    throw new UsageError(
      '--target begins with "postgres", but is neither postgres: with the name of a variable nor a URL; nothing was done',
      {
        hint: 'Name the variable without $: "--target postgres:DATABASE_URL". A SQLite file of such a name is "sqlite:FILE".',
      },
    );
  }
  return { type: 'sqlite', file: text.replace(/^sqlite:/, '') };
}

/** Asks where the rows go. */
export async function askTarget(asker: Asker): Promise<TargetDraft> {
  const type = await asker.choose('Where do the rows go?', [
    { value: 'sqlite', label: 'a SQLite file', hint: 'part of Node.js; nothing to set up' },
    { value: 'postgres', label: 'a Postgres database' },
  ]);
  if (type === 'sqlite') {
    const file = await asker.write('The file:', './sync.db', () => undefined);
    return { type: 'sqlite', file: file || './sync.db' };
  }
  const name = await asker.write('The name of the variable that holds its URL:', 'DATABASE_URL', (text) =>
    /^[A-Za-z_]\w*$/.test(text) ? undefined : 'A name such as DATABASE_URL.',
  );
  return { type: 'postgres', url: fromVariable(name) };
}
