import { basename } from 'node:path';
import type { Adapter, AdapterContext, TakenSlot } from '../../adapter.ts';
import { ConfigError, UsageError } from '../../errors.ts';
import type { RawRecord } from '../../record.ts';
import { replicationMethod } from './catalog.ts';
import { type TapFiles, writeTapFiles } from './files.ts';
import { linesOf } from './lines.ts';
import { parseMessage } from './messages.ts';
import type { SingerOptions, TapSurroundings } from './options.ts';
import { type StreamWatch, watchStream } from './stream.ts';
import { startTap, type Tap } from './tap.ts';

/**
 * Runs a Singer tap, whatever it is written in. A pass is one start of the tap, which takes one slot and is one page: the
 * records of one stream, as they come. The pass is complete only when the tap has ended with exit code 0.
 */
export function createSingerAdapter(options: SingerOptions, surroundings: TapSurroundings): Adapter {
  return {
    modes: () => ['snapshot'],
    isStable: () => true,
    async fetchPage({ resource }, context) {
      const { stream } = resourceOf(options, resource);
      const watch = watchStream(stream, await replicationMethod(options.catalog, stream));
      const running = await startRun(options, surroundings, context);
      const lines = linesOf(running.tap.stdout, surroundings.maxMessageBytes);
      return { mode: 'snapshot', records: recordsOf(stream, lines, watch, running), next: null };
    },
  };
}

function resourceOf({ resources }: SingerOptions, name: string) {
  const resource = Object.hasOwn(resources, name) ? resources[name] : undefined;
  if (resource === undefined) throw new ConfigError(`the adapter has no resource \`${name}\`; no hit was made`);
  return resource;
}

interface Running {
  readonly tap: Tap;
  /** Ends the tap if it still runs, and settles its slot. */
  close(): Promise<void>;
}

async function startRun(
  options: SingerOptions,
  surroundings: TapSurroundings,
  context: AdapterContext,
): Promise<Running> {
  const [program = ''] = options.command;
  if (!context.http.takeSlot) throw new UsageError('a tap cannot be read from a file: --from is for HTTP answers');
  const slot = await context.http.takeSlot(basename(program));
  const files = await writeTapFiles(options);
  try {
    const tap = await startTap([...options.command, ...files.args], surroundings, context);
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

/** The records of one stream. Throws at the end if the tap failed, or never said that there is such a stream. */
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
    // A tap that died leaves its last line half written: why it died is what counts.
    if (tap.hasSaidAll()) await tap.ended();
    throw error;
  } finally {
    await close();
  }
}
