import { basename } from 'node:path';
import { isSecretName } from '../../config/secrets.ts';
import { parseDuration } from '../../duration.ts';
import { UsageError } from '../../errors.ts';
import type { TargetDraft } from '../../init/config.ts';
import type { ThrottleDraft } from '../../init/draft.ts';
import { syncName } from '../../init/names.ts';
import type { InitFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';
import type { Asker } from './ask/asker.ts';
import { parseTarget, usualTarget } from './ask/target.ts';
import { type ConfigFile, configFile } from './config-file.ts';

/** What is known before anything is read. */
export interface Known {
  readonly name: string;
  readonly target: TargetDraft;
  readonly throttle: ThrottleDraft | null;
  /** What every request has, beside credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly place: ConfigFile;
  readonly asker: Asker | null;
  readonly signal: AbortSignal;
}

/** Reads the flags that every source has. Throws before anything is read. */
export function knownOf(flags: InitFlags, asker: Asker | null, terminal: Terminal): Known {
  const { caller } = terminal;
  const name = flags.name ?? syncName(basename(caller.cwd));
  if (syncName(name) !== name) {
    throw new UsageError(`--name ${name} cannot be the name of a sync; nothing was written`, {
      hint: `Write small letters, digits, ".", "_" and "-": "${syncName(name)}".`,
    });
  }
  return {
    name,
    target: flags.target === undefined ? usualTarget : parseTarget(flags.target),
    throttle: parseThrottle(flags.throttle ?? []),
    headers: parseHeaders(flags.header ?? []),
    place: configFile(flags, caller),
    asker,
    signal: caller.signal,
  };
}

/** Reads `10/1s`, once for each window. Throws `UsageError`. */
function parseThrottle(written: readonly string[]): ThrottleDraft | null {
  const [first, ...rest] = written.map(parseWindow);
  return first ? [first, ...rest] : null;
}

function parseWindow(text: string): ThrottleDraft[0] {
  const [, hits = '', per = ''] = /^([1-9]\d{0,6})\/(\S+)$/.exec(text) ?? [];
  if (hits === '' || !parseDuration(per)) {
    throw new UsageError(`--throttle ${text} is not a limit; no hit was made`, {
      hint: 'Write hits and a duration, such as 10/1s or 100/15m.',
    });
  }
  return { hits: Number(hits), per };
}

/** Reads `accept: application/json`. A credential belongs into a variable. Throws `UsageError`. */
function parseHeaders(written: readonly string[]): Readonly<Record<string, string>> {
  const pairs = written.map((text) => {
    const [, name = '', value = ''] = /^([\w-]+):\s*(\S.*)$/.exec(text) ?? [];
    if (name === '') {
      throw new UsageError(`--header ${text} is not a header; no hit was made`, { hint: 'Write "accept: text/json".' });
    }
    if (/^(proxy-)?authorization$|^cookie$/i.test(name) || isSecretName(name)) {
      throw new UsageError(
        `--header ${name} is a credential, which other users of this machine can read; no hit was made`,
        {
          hint: `Put it into a variable, and name that: "--auth header:${name}:ACME_KEY".`,
        },
      );
    }
    return [name.toLowerCase(), value] as const;
  });
  return Object.fromEntries(pairs);
}
