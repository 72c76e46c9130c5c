import type { TargetReader } from '../../target.ts';
import type { Setting } from '../open/app.ts';
import { bad, type Finding, good, note } from './finding.ts';

/** Whether a run could decrypt the refresh token that it would use. No token is asked for. */
export async function checkRefreshToken(
  { config: { adapter, adapters } }: Setting,
  target: TargetReader,
): Promise<readonly Finding[]> {
  const config = adapters[adapter];
  const auth = config && config.type !== 'singer' ? config.auth : undefined;
  if (auth?.type !== 'oauth2' || auth.grant !== 'refresh_token') return [];
  const { chainOf } = await import('../../http/oauth/refresh.ts');
  const { unseal } = await import('../../http/oauth/seal.ts');
  const what = 'refresh token';
  const chain = chainOf(auth);
  const stored = await target.refreshToken(chain);
  if (stored === null) return [note(what, 'no run has used the one of the config yet')];
  if (stored.token === null) return [good(what, 'that of the config: it was not replaced')];
  if (unseal(stored.token, auth.tokenKeys, chain) === null) {
    const since = stored.storedAt?.toISOString();
    return [
      bad(
        what,
        `no key of tokenKey decrypts the one that was stored at ${since}. Put the key of that time into the list`,
      ),
    ];
  }
  return [good(what, `replaced at ${stored.storedAt?.toISOString()}, and the new one can be decrypted`)];
}
