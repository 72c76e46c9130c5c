import { basename } from 'node:path';
import type { Adapter, AdapterContext, Page, TakenSlot } from '../../adapter.ts';
import { ConfigError, UsageError } from '../../errors.ts';
import type { RawRecord } from '../../record.ts';
import { readCatalog } from './catalog.ts';
import { type TapFiles, writeTapFiles } from './files.ts';
import { linesOf } from './lines.ts';
import { parseMessage } from './messages.ts';
import type { SingerOptions, TapSurroundings } from './options.ts';
import { type Replication, replicationOf } from './replication.ts';
import { parseState } from './state.ts';
import { type StreamWatch, watchStream } from './stream.ts';
import { startTap, type Tap } from './tap.ts';

/**
 * Runs a Singer tap in any language. A pass is one start of the tap. It takes one slot and is one page: the records of one
 * stream, as they arrive. The pass is complete only when the tap has ended with exit code 0. A full table is a snapshot, and an
 * incremental stream is a pass of changes, whose bookmark is the tap's last state. Throws `ConfigError` if the catalog cannot
 * be read or contradicts the config.
 */
export async function createSingerAdapter(options: SingerOptions, surroundings: TapSurroundings): Promise<Adapter> {
  const methodOf = await readCatalog(options.catalog);
  const replications = new Map(
    Object.entries(options.resources).map(([name, one]) => [name, replicationOf(one, methodOf(one.stream))] as const),
  );
  return {
    modes: (resource) => [replicationIn(replications, resource).mode],
    isStable: () => true,
    async fetchPage({ resource, bookmark }, context): Promise<Page> {
      const replication = replicationIn(replications, resource);
      const { stream, mode } = replication;
      const before = parseState(bookmark);
      const watch = watchStream(replication, before, context.log);
      const running = await startRun(options, before.state, surroundings, context);
      const lines = linesOf(running.tap.stdout, surroundings.maxMessageBytes);
      const page = { records: recordsOf(stream, lines, watch, running), next: null };
      return mode === 'snapshot' ? { mode, ...page } : { mode, ...page, deleted: [], bookmark: watch.bookmark };
    },
  };
}

function replicationIn(replications: ReadonlyMap<string, Replication>, resource: string): Replication {
  const replication = replications.get(resource);
  if (replication) return replication;
  throw new ConfigError(`the adapter has no resource \`${resource}\`; no hit was made`);
}

interface Running {
  readonly tap: Tap;
  /** Ends the tap if it is still running, and settles its slot. */
  close(): Promise<void>;
}

async function startRun(
  options: SingerOptions,
  state: unknown,
  surroundings: TapSurroundings,
  context: AdapterContext,
): Promise<Running> {
  const [program = ''] = options.command;
  if (!context.http.takeSlot) throw new UsageError('a tap cannot be read from a file: --from is for HTTP answers');
  const slot = await context.http.takeSlot(basename(program));
  const files = await writeTapFiles(options, state);
  try {
    const tap = await startTap(options.command, files, surroundings, context);
    return { tap, close: () => close(tap, files, slot) };
  } catch (error) {
    await files[Symbol.asyncDispose]();
    await slot.cancel();
    throw error;
  }
}

async function close(tap: Tap, files: TapFiles, slot: TakenSlot): Promise<void> {
  await tap.end();
  await slot.settle();
  await files[Symbol.asyncDispose]();
}

/** The records of one stream. Throws at the end if the tap failed, or never named this stream. */
async function* recordsOf(
  stream: string,
  lines: AsyncIterable<string>,
  watch: StreamWatch,
  { tap, close }: Running,
): AsyncGenerator<RawRecord> {
  try {
    for await (const line of lines) {
      if (line.trim() === '') continue;
      const message = parseMessage(line);
      watch.see(message);
      if (message.type === 'RECORD' && message.stream === stream) yield message.record;
    }
    await tap.ended();
    watch.demandWhole();
  } catch (error) {
    // The last line of a tap that died may be incomplete. The reason why it died is what counts.
    if (tap.hasSaidAll()) await tap.ended();
    throw error;
  } finally {
    await close();
  }
}
