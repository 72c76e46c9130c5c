import type { Mode } from '../../adapter.ts';
import { ConfigError } from '../../errors.ts';
import type { SingerResource } from './options.ts';

/** How one stream is read. */
export interface Replication {
  readonly stream: string;
  readonly mode: Mode;
  /** Neither config nor catalog say so: it is a guess, which the tap's own words may refuse. */
  readonly isGuess: boolean;
}

const modes: Readonly<Record<string, Mode>> = { FULL_TABLE: 'snapshot', INCREMENTAL: 'changes' };

/**
 * Decides how a stream is read, before the tap is started. The catalog counts, since it is what the tap goes by: `mode` of
 * the config speaks where the catalog is silent, and must not contradict it. Throws `ConfigError`.
 */
export function replicationOf({ stream, mode }: SingerResource, method: string | undefined): Replication {
  // That the config calls a stream whole changes nothing in what the tap sends.
  if (method === undefined) return { stream, mode: mode ?? 'snapshot', isGuess: mode !== 'changes' };
  const known = Object.hasOwn(modes, method) ? modes[method] : undefined;
  if (known === undefined) throw unreadable(stream, method);
  if (mode !== undefined && mode !== known) throw contradiction(stream, mode, method);
  return { stream, mode: known, isGuess: false };
}

/** A log tells deletions among the records, in an order that counts: read without it, rows would come back to life. */
function unreadable(stream: string, method: string): ConfigError {
  return new ConfigError(
    `the catalog reads the stream ${stream} by ${method}, which cronsync cannot; no hit was made`,
    {
      hint: `Give it a catalog in which the replication method of ${stream} is FULL_TABLE or INCREMENTAL.`,
    },
  );
}

function contradiction(stream: string, mode: Mode, method: string): ConfigError {
  return new ConfigError(
    `"mode" of the stream ${stream} is "${mode}", and the catalog reads it by ${method}; no hit was made`,
    { hint: `Leave "mode" out, or make it ${mode === 'changes' ? 'INCREMENTAL' : 'FULL_TABLE'} in the catalog.` },
  );
}
