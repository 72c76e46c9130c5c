import { UsageError } from '../../../errors.ts';
import type { AuthDraft } from '../../../init/draft.ts';
import { fromVariable, variableName } from '../../../init/names.ts';
import type { Asker } from './asker.ts';

const forms = 'bearer:VARIABLE, basic:VARIABLE:VARIABLE, header:NAME:VARIABLE or query:PARAMETER:VARIABLE';

/** Reads `--auth`. It has the names of variables, so that no secret is on a command line. Throws `UsageError`. */
export function parseAuth(text: string): AuthDraft {
  const [type, ...names] = text.split(':');
  const variables = type === 'header' || type === 'query' ? names.slice(1) : names;
  const isWhole = names.every((name) => name !== '') && variables.every(isVariable);
  const [first = '', second = ''] = names;
  if (isWhole && type === 'bearer' && names.length === 1) return { type, token: fromVariable(first) };
  if (isWhole && type === 'basic' && names.length === 2)
    return { type, username: fromVariable(first), password: fromVariable(second) };
  if (isWhole && type === 'header' && names.length === 2) return { type, name: first, value: fromVariable(second) };
  if (isWhole && type === 'query' && names.length === 2) return { type, param: first, value: fromVariable(second) };
  throw new UsageError(`--auth cannot be ${type}…: expected ${forms}; no hit was made`, {
    hint: 'A VARIABLE is the name of a variable of the environment that holds the secret, such as ACME_TOKEN.',
  });
}

/** Asks how requests are to be signed, and for the names of the variables. */
export async function askAuth(asker: Asker, adapter: string): Promise<AuthDraft> {
  const type = await asker.choose('The API wants credentials. Of which kind?', [
    { value: 'bearer', label: 'a token', hint: 'Authorization: Bearer …' },
    { value: 'basic', label: 'a user and a password' },
    { value: 'header', label: 'a key in a header', hint: 'X-Api-Key: …' },
    { value: 'query', label: 'a key in the URL', hint: '?api_key=…' },
  ]);
  const variable = (what: string, usual: string) =>
    asker.write(`The name of the variable that holds the ${what} (not the ${what} itself):`, usual, (text) =>
      isVariable(text) ? undefined : 'A name such as ACME_TOKEN: letters, digits and _.',
    );
  if (type === 'bearer') return { type, token: fromVariable(await variable('token', variableName(adapter, 'token'))) };
  if (type === 'basic') {
    const username = fromVariable(await variable('user', variableName(adapter, 'user')));
    return { type, username, password: fromVariable(await variable('password', variableName(adapter, 'password'))) };
  }
  const given = (text: string) => (text.trim() === '' ? 'Its name, as the API calls it.' : undefined);
  if (type === 'header') {
    const name = await asker.write('The name of the header:', 'X-Api-Key', given);
    return { type, name, value: fromVariable(await variable('key', variableName(adapter, 'key'))) };
  }
  const param = await asker.write('The name of the parameter:', 'api_key', given);
  return { type: 'query', param, value: fromVariable(await variable('key', variableName(adapter, 'key'))) };
}

/** The names of the variables that a draft of credentials names. */
export function variablesOf(auth: AuthDraft | null): readonly string[] {
  return Object.values(auth ?? {}).flatMap(variablesNamedIn);
}

/** The variables without a default in a text of a config, in the order in which they first come. */
export function variablesNamedIn(text: string): readonly string[] {
  const found = [...text.matchAll(/\$\$\{|\$\{([A-Za-z_]\w*)\}/g)];
  return [...new Set(found.flatMap(([, name]) => name ?? []))];
}

function isVariable(text: string): boolean {
  return /^[A-Za-z_]\w*$/.test(text);
}
