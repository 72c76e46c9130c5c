import type { AuthDraft } from '../draft.ts';
import { listOf, membersOf, textOf } from '../json-places.ts';
import { fromVariable, variableName } from '../names.ts';
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
  if (type === 'OAuthAuthenticator') return oauthOf(type, authenticator, text, names);
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

/** The secrets of a grant that has an expression without a counterpart are those of no grant. */
function oauthOf(type: string, { node }: Component, text: (name: string) => string | null, names: Names): AuthFound {
  if (node.use_profile_assertion === true)
    return {
      auth: null,
      notes: [`the ${type} signs an assertion: add "auth" with the grant "jwt-bearer" to the config`],
    };
  const scopes = scopesOf(node.scopes, names);
  const client = {
    type: 'oauth2',
    tokenUrl: text('token_refresh_endpoint'),
    clientId: text('client_id'),
    clientSecret: text('client_secret'),
    ...(scopes !== '' && { scope: scopes }),
    send: 'body',
  } as const;
  if (node.grant_type === 'client_credentials') return whole(type, client);
  const tokenKey = variableName(names.adapter, 'token_key');
  const { auth, notes } = whole(type, {
    ...client,
    grant: 'refresh_token',
    refreshToken: text('refresh_token'),
    tokenKey: fromVariable(tokenKey),
  });
  if (auth === null) return { auth, notes };
  const why = 'it encrypts the refresh tokens that the database keeps, and "openssl rand -base64 32" prints one';
  const more = Object.keys(membersOf(node.refresh_request_body)).join(', ');
  return {
    auth,
    notes: [
      `${tokenKey} is a secret of your own: ${why}`,
      ...(more === '' ? [] : [`the request for a token also has ${more}: add them as "params" of "auth"`]),
    ],
  };
}

/** `a b`; null: one of them is an expression that has no counterpart. */
function scopesOf(scopes: unknown, names: Names): string | null {
  const texts = listOf(scopes).map((scope) => plainText(scope, names));
  return texts.includes(null) ? null : texts.join(' ');
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
