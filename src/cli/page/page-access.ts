import { interpolate } from '../../config/interpolate.ts';
import { ConfigError } from '../../errors.ts';
import type { Access } from '../../web/protect/access.ts';
import { isLoopbackAddress } from '../../web/protect/hosts.ts';
import type { Setting } from '../open/app.ts';

const names = { operate: 'SYNC_WEB_TOKEN', view: 'SYNC_WEB_VIEW_TOKEN' } as const;

/** A shorter token could be guessed. */
const shortest = 16;

/**
 * Who may use the page: by the tokens in the environment, of which each may be `${file:/path}`. Throws `ConfigError` where an
 * address that others can reach has no token, because everybody there would see the rows.
 */
export function pageAccess(setting: Setting, host: string, isReadOnly: boolean): Access {
  const operate = tokenOf(names.operate, setting);
  const view = tokenOf(names.view, setting);
  if (operate !== undefined && operate === view) {
    throw new ConfigError(`${names.operate} and ${names.view} are the same token; nothing was read`, {
      hint: 'Give each role a token of its own: "openssl rand -base64 32" makes one.',
    });
  }
  if (operate === undefined && view === undefined && !isLoopbackAddress(host)) {
    throw new ConfigError(
      `the page on ${host === '' ? 'every address' : host} has no token, so everybody who reaches it could read your rows; nothing was read`,
      {
        hint: `Set ${names.view} to look and ${names.operate} to act, or serve the page on 127.0.0.1. "openssl rand -base64 32" makes a token.`,
      },
    );
  }
  const tokens = { ...(operate !== undefined && { operate }), ...(view !== undefined && { view }) };
  return { tokens, isReadOnly };
}

function tokenOf(name: string, { terminal, loaded }: Setting): string | undefined {
  const { env } = terminal.caller;
  const written = env[name];
  if (written === undefined || written === '') return undefined;
  const { value, problems } = interpolate(written, { env, dir: loaded.dir });
  const [problem] = problems;
  if (problem) {
    throw new ConfigError(`${name}: expected ${problem.expected}, found ${problem.found}; nothing was read`);
  }
  const token = String(value);
  if (token.length >= shortest) return token;
  throw new ConfigError(`${name} has ${token.length} characters: expected at least ${shortest}; nothing was read`, {
    hint: 'A short token can be guessed. "openssl rand -base64 32" makes a good one.',
  });
}
