import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { load } from 'js-yaml';
import { ConfigError, type ExitCode, messageOf, UsageError } from '../../errors.ts';
import { draftOfManifest } from '../../init/airbyte/draft.ts';
import { isMembers, type Members } from '../../init/json-places.ts';
import type { InitFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';
import { parseAuth } from './ask/auth.ts';
import { finish } from './finish.ts';
import type { Known } from './known.ts';

/** `cronsync init --airbyte`: the streams of a low-code manifest become resources. No hit is made. */
export async function initFromAirbyte(
  source: string,
  known: Known,
  flags: InitFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const file = resolve(terminal.caller.cwd, source);
  const draft = draftOfManifest(readManifest(file, source), {
    connector: connectorOf(file),
    streams: flags.resource === undefined || flags.resource.includes('all') ? null : flags.resource,
    include: flags.include ?? [],
    throttle: known.throttle,
    headers: known.headers,
    schemaFile: (stream) => readSchema(join(dirname(file), 'schemas', `${stream}.json`)),
  });
  if (draft.adapter.resources.length === 0) {
    const why = draft.leftOut.map(({ what, why: reason }) => `${what}: ${reason}`).slice(0, 5);
    throw new ConfigError(`no stream of ${source} has a counterpart; nothing was written. ${why.join('. ')}`, {
      hint: 'An adapter of your own can read what no config can: docs/adapters.md shows one.',
    });
  }
  const auth = flags.auth === undefined ? draft.adapter.auth : parseAuth(flags.auth);
  return finish({ ...known, draft: { ...draft, adapter: { ...draft.adapter, auth } }, hits: 0 }, flags, terminal);
}

function readManifest(file: string, source: string): Members {
  try {
    const document = load(readFileSync(file, 'utf8'));
    if (isMembers(document) && Array.isArray(document.streams)) return document;
  } catch (cause) {
    throw new ConfigError(`the manifest ${source} cannot be read: ${messageOf(cause)}; nothing was written`, { cause });
  }
  throw new UsageError(
    `${source} is not a low-code manifest of Airbyte: it has no list "streams"; nothing was written`,
  );
}

/** `source_aha/manifest.yaml` is of Aha. */
function connectorOf(file: string): string | null {
  return /^source[-_](.+)$/.exec(basename(dirname(file)))?.[1] ?? null;
}

function readSchema(file: string): unknown {
  if (!existsSync(file)) return null;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new ConfigError(`the schema ${file} cannot be read: ${messageOf(cause)}; nothing was written`, { cause });
  }
}
