import type { Mode } from '../../adapter.ts';
import { ConfigError } from '../../errors.ts';
import type { SingerResource } from './options.ts';

/** How one stream is read. */
export interface Replication {
  readonly stream: string;
  readonly mode: Mode;
  /** True if neither config nor catalog say how. The messages of the tap may show that the guess is wrong. */
  readonly isGuess: boolean;
}

const modes: Readonly<Record<string, Mode>> = { FULL_TABLE: 'snapshot', INCREMENTAL: 'changes' };

/**
 * Decides how a stream is read, before the tap is started. The catalog counts, because the tap follows it. `mode` of the config
 * counts only if the catalog does not say, and must not contradict it. Throws `ConfigError`.
 */
export function replicationOf({ stream, mode }: SingerResource, method: string | undefined): Replication {
  // If the config calls a stream a snapshot, the tap still sends what it sends.
  if (method === undefined) return { stream, mode: mode ?? 'snapshot', isGuess: mode !== 'changes' };
  const known = Object.hasOwn(modes, method) ? modes[method] : undefined;
  if (known === undefined) throw unreadable(stream, method);
  if (mode !== undefined && mode !== known) throw contradiction(stream, mode, method);
  return { stream, mode: known, isGuess: false };
}

/** A log has deletions among the records, and their order counts. Without the order, deleted rows would come back. */
function unreadable(stream: string, method: string): ConfigError {
  return new ConfigError(
    `the catalog reads the stream ${stream} by ${method}, which cronsync cannot read; no hit was made`,
    {
      hint: `Give it a catalog in which the replication method of ${stream} is FULL_TABLE or INCREMENTAL.`,
    },
  );
}

function contradiction(stream: string, mode: Mode, method: string): ConfigError {
  return new ConfigError(
    `"mode" of the stream ${stream} is "${mode}", but the catalog reads it by ${method}; no hit was made`,
    { hint: `Leave "mode" out, or make it ${mode === 'changes' ? 'INCREMENTAL' : 'FULL_TABLE'} in the catalog.` },
  );
}
