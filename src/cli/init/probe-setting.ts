import { checkConfig } from '../../config/load.ts';
import type { TargetDraft } from '../../init/config.ts';
import { type AuthDraft, oneAMinute, type ThrottleDraft } from '../../init/draft.ts';
import { type Setting, settingFor } from '../open/app.ts';
import type { Terminal } from '../terminal.ts';

/** What is known before the first hit. */
export interface Probe {
  readonly name: string;
  readonly adapter: string;
  readonly baseUrl: string;
  readonly auth: AuthDraft | null;
  readonly headers: Readonly<Record<string, string>>;
  /** The limit that a person has named. */
  readonly throttle: ThrottleDraft | null;
  readonly target: TargetDraft;
}

/**
 * Without a named limit, the hit asks for a slot of a window as long as the usual one, and leaves open how many there may be
 * in it: limits that others have asked for count, and the one that the answer shows is not made stricter.
 */
const manyHits = 1000;

/** A setting for one hit, as a config would give it. Its secrets are masked from here on. Throws `ConfigError` if a variable is not set. */
export function probeSetting(
  { name, adapter, baseUrl, auth, headers, throttle, target }: Probe,
  terminal: Terminal,
): Setting {
  const { cwd, env } = terminal.caller;
  const [{ per }] = oneAMinute;
  const [first, ...others] = throttle ?? [{ per, hits: manyHits }];
  const content = {
    name,
    adapter,
    resources: { probe: { key: 'id', schema: { properties: { id: { type: 'string' } } } } },
    adapters: {
      [adapter]: {
        type: 'rest',
        baseUrl,
        ...(auth && { auth }),
        headers,
        throttle: [{ ...first, wait: '2m' }, ...others],
        resources: { probe: { path: '' } },
      },
    },
    target,
  };
  return settingFor(checkConfig({ path: 'the command line', dir: cwd, content }, env), terminal);
}
