import type { AuthDraft } from '../draft.ts';
import { isMembers, listOf, type Members, membersOf, textOf } from '../json-places.ts';
import { fromVariable, variableName } from '../names.ts';
import type { Api } from './api.ts';

export interface SecurityFound {
  readonly auth: AuthDraft | null;
  /** More headers that carry credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

const none: SecurityFound = { auth: null, headers: {}, notes: [] };

/**
 * How requests are signed, by the schemes that the document names for its lists. The first requirement that can be written as
 * a config counts. Every secret becomes a variable.
 */
export function securityOf(api: Api, requirements: readonly unknown[], adapter: string): SecurityFound {
  const schemes = membersOf(membersOf(api.root.components).securitySchemes);
  const wanted = requirements.flatMap((security) => listOf(security)).filter(isMembers);
  const needed = wanted.filter((requirement) => Object.keys(requirement).length > 0);
  if (needed.length === 0) return withUnused(api, schemes, adapter);
  const read = needed.map((requirement) => readRequirement(api, requirement, schemes, adapter));
  const usable = read.find(({ auth }) => auth !== null);
  return usable ?? { ...none, notes: [...new Set(read.flatMap(({ notes }) => notes))] };
}

/** A document may name schemes and not say which lists need one. */
function withUnused(api: Api, schemes: Members, adapter: string): SecurityFound {
  const [first] = Object.keys(schemes);
  if (first === undefined) {
    return {
      ...none,
      notes: [
        'the document does not say how requests are signed: if the API wants credentials, add "auth" to the config',
      ],
    };
  }
  const found = readRequirement(api, { [first]: [] }, schemes, adapter);
  const note = `no list needs credentials, according to the document; the scheme ${first} is not used`;
  return found.auth === null ? none : { ...none, notes: [note] };
}

function readRequirement(api: Api, requirement: Members, schemes: Members, adapter: string): SecurityFound {
  let found = none;
  for (const name of Object.keys(requirement)) {
    const scheme = api.resolve(schemes[name]);
    const read = readScheme(name, scheme, adapter);
    if (typeof read === 'string') return { ...none, notes: [`the security scheme ${name} is left out: ${read}`] };
    const notes = [...found.notes, ...read.notes];
    if (found.auth === null) found = { ...read, notes };
    else if (read.auth?.type === 'header')
      found = { ...found, headers: { ...found.headers, [read.auth.name]: read.auth.value }, notes };
    else
      return {
        ...none,
        notes: [
          `the security scheme ${name} is left out: a config has one kind of credentials, and ${Object.keys(requirement).join(' and ')} are needed together`,
        ],
      };
  }
  return found;
}

/** A text: why it cannot be written. */
function readScheme(id: string, scheme: Members, adapter: string): SecurityFound | string {
  const variable = (what: string) => fromVariable(variableName(adapter, what));
  const name = textOf(scheme.name) ?? id;
  const kind = String(scheme.type);
  if (kind === 'apiKey' && scheme.in === 'header') {
    const isBearer = name.toLowerCase() === 'authorization';
    return { ...none, auth: { type: 'header', name, value: variable(isBearer ? 'authorization' : name) } };
  }
  if (kind === 'apiKey' && scheme.in === 'query')
    return { ...none, auth: { type: 'query', param: name, value: variable(name) } };
  if (kind === 'apiKey') return 'a cookie is not sent';
  if (kind === 'http' && String(scheme.scheme).toLowerCase() === 'basic') {
    return { ...none, auth: { type: 'basic', username: variable('user'), password: variable('password') } };
  }
  if (kind === 'http' && String(scheme.scheme).toLowerCase() === 'bearer')
    return { ...none, auth: { type: 'bearer', token: variable('token') } };
  if (kind === 'oauth2') return oauthOf(id, scheme, variable);
  if (kind === 'openIdConnect')
    return {
      ...none,
      auth: { type: 'bearer', token: variable('token') },
      notes: [`${id} is OpenID Connect: the config takes an access token from a variable`],
    };
  return `its type is ${kind}${kind === 'http' ? ` ${String(scheme.scheme)}` : ''}`;
}

function oauthOf(id: string, scheme: Members, variable: (what: string) => string): SecurityFound {
  const { tokenUrl } = membersOf(membersOf(scheme.flows).clientCredentials);
  if (typeof tokenUrl === 'string' && /^https?:\/\//.test(tokenUrl)) {
    return {
      ...none,
      auth: { type: 'oauth2', tokenUrl, clientId: variable('client_id'), clientSecret: variable('client_secret') },
    };
  }
  const notes = [`${id} is OAuth 2.0 with a person who logs in: the config takes an access token from a variable`];
  return { ...none, auth: { type: 'bearer', token: variable('token') }, notes };
}
