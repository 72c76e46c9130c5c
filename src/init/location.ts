import { looksSecret } from './secret-fields.ts';

/** Where a list was asked for, in the parts of which a config is made. */
export interface Location {
  /** Without a path's last segment, a query, or credentials. */
  readonly baseUrl: string;
  readonly path: string;
  /** What is asked for: without credentials. */
  readonly url: URL;
  /** The parameters that look like credentials, by name. Their values are not kept. */
  readonly secretParameters: readonly string[];
  /** Whether the URL had a user or a password in it. */
  readonly hasUser: boolean;
}

/** Takes a URL apart. What looks like a credential is taken out of it, and only its name is kept. */
export function locationOf(written: URL): Location {
  const url = new URL(written);
  const hasUser = url.username !== '' || url.password !== '';
  url.username = '';
  url.password = '';
  url.hash = '';
  const secretParameters = [...new Set(url.searchParams.keys())].filter((name) => isCredential(name));
  for (const name of secretParameters) url.searchParams.delete(name);
  const at = url.pathname.replace(/\/$/, '').lastIndexOf('/');
  const base = at > 0 ? url.pathname.slice(0, at) : '';
  const path = url.pathname === '/' ? '' : url.pathname.slice(at);
  return { baseUrl: `${url.origin}${base}`, path, url, secretParameters, hasUser };
}

function isCredential(name: string): boolean {
  if (/^(next|page|cursor|continuation|sync|scroll)/i.test(name) || /page.?token/i.test(name)) return false;
  return (
    looksSecret(name, ['']) || /^(key|apikey|api_key|access_token|token|auth|sig|signature|appid|app_id)$/i.test(name)
  );
}
