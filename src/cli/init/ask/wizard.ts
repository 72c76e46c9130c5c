import type { TargetDraft } from '../../../init/config.ts';
import type { InitFlags } from '../../program/flags.ts';
import { urlProblem } from '../page-source.ts';
import type { Asker } from './asker.ts';
import { askTarget } from './target.ts';

/** What a person has answered where the command line says nothing. */
export interface Wanted {
  readonly flags: InitFlags;
  readonly target?: TargetDraft;
}

/** Asks where the config comes from and where the rows go. */
export async function askWhatIsWanted(asker: Asker, flags: InitFlags): Promise<Wanted> {
  const notEmpty = (text: string) => (text.trim() === '' ? 'Its path, seen from this folder.' : undefined);
  const asked = {
    url: async () => ({
      from: await asker.write('The URL of the list:', 'https://api.example.com/customers', urlProblem),
    }),
    page: async () => ({ from: await asker.write('The file:', 'page.json', notEmpty) }),
    openapi: async () => ({ openapi: await asker.write('The file, or its URL:', 'openapi.yaml', notEmpty) }),
    airbyte: async () => ({ airbyte: await asker.write('The file:', 'manifest.yaml', notEmpty) }),
  };
  const source = await asker.choose<keyof typeof asked | 'starter'>('What is known of the API?', [
    { value: 'url', label: 'the URL of a list', hint: 'one hit is made' },
    { value: 'page', label: 'an answer that I have saved', hint: 'no hit' },
    { value: 'openapi', label: 'an OpenAPI document' },
    { value: 'airbyte', label: 'a manifest of Airbyte' },
    { value: 'starter', label: 'nothing yet', hint: 'writes a config to edit' },
  ]);
  if (source === 'starter') return { flags };
  const answer = await asked[source]();
  const target = flags.target === undefined ? await askTarget(asker) : undefined;
  return { flags: { ...flags, ...answer }, ...(target && { target }) };
}
