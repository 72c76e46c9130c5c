import type { AuthDraft } from '../draft.ts';
import { membersOf, textOf } from '../json-places.ts';
import type { Component, Manifest } from './manifest.ts';
import { type Names, plainText } from './template.ts';

export interface AuthFound {
  readonly auth: AuthDraft | null;
  readonly notes: readonly string[];
}

/** The credentials of a requester, with a variable for each secret. */
export function authOf(manifest: Manifest, authenticator: Component, names: Names): AuthFound {
  const type = kindOf(authenticator);
  const text = (name: string) => plainText(manifest.value(authenticator, name), names);
  if (type === 'none') return { auth: null, notes: [] };
  if (type === 'SelectiveAuthenticator') return firstOf(manifest, authenticator, names);
  if (type === 'BearerAuthenticator') return whole(type, { type: 'bearer', token: text('api_token') });
  if (type === 'BasicHttpAuthenticator') {
    return whole(type, {
      type: 'basic',
      username: text('username'),
      password: authenticator.node.password === undefined ? '' : text('password'),
    });
  }
  if (type === 'ApiKeyAuthenticator') return whole(type, keyOf(manifest, authenticator, text));
  if (type === 'OAuthAuthenticator') return oauthOf(type, authenticator, text);
  return {
    auth: null,
    notes: [`the authenticator ${type} has no counterpart: add "auth" to the config, or a module that signs requests`],
  };
}

function kindOf({ node }: Component): string {
  if (Object.keys(node).length === 0 || node.type === 'NoAuth') return 'none';
  return textOf(node.type) ?? 'without a type';
}

type Written = { readonly type: AuthDraft['type'] } & Readonly<Record<string, string | null>>;

function whole(type: string, written: Written | null): AuthFound {
  if (written !== null && Object.values(written).every((text) => text !== null))
    return { auth: written as AuthDraft, notes: [] };
  return {
    auth: null,
    notes: [`the ${type} takes its secret from an expression that has no counterpart: add "auth" to the config`],
  };
}

function keyOf(manifest: Manifest, authenticator: Component, text: (name: string) => string | null): Written | null {
  const option = manifest.part(authenticator, 'inject_into');
  const name = textOf(option.node.field_name) ?? text('header');
  const place = textOf(option.node.inject_into) ?? 'header';
  const value = text('api_token');
  if (name === null) return null;
  if (place === 'header') return { type: 'header', name, value };
  return place === 'request_parameter' ? { type: 'query', param: name, value } : null;
}

function oauthOf(type: string, { node }: Component, text: (name: string) => string | null): AuthFound {
  if (node.grant_type === 'client_credentials') {
    const written = {
      type: 'oauth2',
      tokenUrl: text('token_refresh_endpoint'),
      clientId: text('client_id'),
      clientSecret: text('client_secret'),
      send: 'body',
    } as const;
    return whole(type, written);
  }
  const token = plainText("{{ config['access_token'] }}", namesFor(text));
  return {
    auth: token === null ? null : { type: 'bearer', token },
    notes: ['OAuth 2.0 with a refresh token has no counterpart: the config takes an access token from a variable'],
  };
}

/** The names by which `text` reads, as far as a setting needs them: the adapter is the first word of the client's variable. */
function namesFor(text: (name: string) => string | null): Names {
  const [, adapter = 'api'] = /^\$\{([A-Z0-9]+)_/.exec(text('client_id') ?? '') ?? [];
  return { adapter, parameters: {}, defaults: {} };
}

/** The user of Airbyte chooses; the first that can be written counts here. */
function firstOf(manifest: Manifest, authenticator: Component, names: Names): AuthFound {
  const kinds = Object.keys(membersOf(manifest.resolve(authenticator.node.authenticators)));
  const holder = manifest.part(authenticator, 'authenticators');
  const read = kinds.map((kind) => ({ kind, ...authOf(manifest, manifest.part(holder, kind), names) }));
  const usable =
    read.find(({ auth, notes }) => auth !== null && notes.length === 0) ?? read.find(({ auth }) => auth !== null);
  if (!usable) return { auth: null, notes: read.flatMap(({ notes }) => notes) };
  const others = kinds.filter((kind) => kind !== usable.kind);
  return {
    auth: usable.auth,
    notes: [
      ...usable.notes,
      ...others.map((kind) => `the credentials "${kind}" are left out: the config has "${usable.kind}"`),
    ],
  };
}
