import { ConfigError, CredentialsError, ExitCode, ThrottledError, UnreachableError } from '../../errors.ts';
import { placeOf } from '../translate.ts';
import type { RefreshGrant } from './grant.ts';
import { plainCode } from './refusal.ts';

type Asked = Pick<RefreshGrant, 'tokenUrl'>;

/** The claim is left as it is: the next run learns from it that an answer was lost. */
export class LostTokenError extends UnreachableError {
  constructor(auth: Asked, why: string) {
    const what = `${place(auth)} has replaced the refresh token, and the new one could not be stored (${why})`;
    super(`${what}; no page was requested`, {
      hint: 'The next run tries the old one. If it is refused, get another refresh token and put it into refreshToken.',
    });
  }
}

/** What it means that the server refuses a refresh token, or the client, with this code. */
export function refusalOf(auth: Asked, code: string, lostAt: Date | null): CredentialsError {
  const options = { status: 400 };
  if (code !== 'invalid_grant') {
    return new CredentialsError(`${place(auth)} refused us a token (400, ${plainCode(code)}); no page was requested`, {
      ...options,
      hint: 'Check clientId, clientSecret and scope in the config.',
    });
  }
  const lost = lostAt && ` The answer to the request of ${lostAt.toISOString()} was lost, and may have replaced it.`;
  return new CredentialsError(`${place(auth)} refused the refresh token (400, invalid_grant); no page was requested`, {
    ...options,
    hint: `Allow access again at the third party, and put the new refresh token into refreshToken: it is used at once.${lost ?? ''}`,
  });
}

export function noKeyFits(): ConfigError {
  return new ConfigError('no key of tokenKey decrypts the refresh token that is stored; no hit was made', {
    hint: 'Put the key of that time into the list as well. If it is lost, get another refresh token and put it into refreshToken.',
  });
}

export function onlyRunsRefresh(auth: Asked): CredentialsError {
  const why = `a dry run asks ${place(auth)} for none, since the answer may replace the refresh token`;
  return new CredentialsError(`no access token is left, and ${why}; no hit was made`, {
    hint: 'Let a run ask for one: dry runs use it as well, while it lives.',
  });
}

export function isClaimed(auth: Asked): ThrottledError {
  const message = `another run asks ${place(auth)} for an access token with the same refresh token; no hit was made`;
  return new ThrottledError(0, { exitCode: ExitCode.ok, message });
}

function place({ tokenUrl }: Asked): string {
  return placeOf(new URL(tokenUrl));
}
