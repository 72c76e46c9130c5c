import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { AdapterContext } from '../../adapter.ts';
import { formatDuration } from '../../duration.ts';
import { ConfigError, messageOf, ThirdPartyError } from '../../errors.ts';
import type { TapSurroundings } from './options.ts';

/** A running tap. */
export interface Tap {
  readonly stdout: AsyncIterable<Uint8Array>;
  /** Whether its stdout was read to its end. */
  hasSaidAll(): boolean;
  /** Resolves when it has ended with success. Call it when its stdout has ended. Throws `ThirdPartyError` if it failed. */
  ended(): Promise<void>;
  /** Ends it and its children, if it is still running, and waits until they are gone. Safe to call at any time. */
  end(): Promise<void>;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

const graceMs = 5000;

/**
 * Starts a tap as the leader of a process group, so that its children end with it. It is ended when the signal fires or its
 * time is over. Throws `ConfigError` if it cannot be started; then it has not run.
 */
export async function startTap(
  command: readonly string[],
  { dir, env, timeoutMs }: TapSurroundings,
  { signal, log }: AdapterContext,
): Promise<Tap> {
  const [program = '', ...args] = command;
  const child: Child = spawn(program, args, { cwd: dir, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  await once(child, 'spawn').catch((cause) => {
    throw new ConfigError(`the tap ${program} cannot be started: ${messageOf(cause)}; no hit was made`, { cause });
  });
  const name = basename(program);
  const closed = once(child, 'close');
  const lastWords = captureLines(child.stderr, (line) => log.info(`${name}: ${line}`));
  const isLate = endWhen(child, signal, timeoutMs);

  return {
    stdout: child.stdout,
    hasSaidAll: () => child.stdout.readableEnded,
    async ended() {
      const [code, killedBy]: (number | string | null)[] = await closed;
      signal.throwIfAborted();
      if (code === 0 && !isLate()) return;
      const how = code === null ? `was killed by ${killedBy}` : `exited with ${code}`;
      throw failure(
        isLate() ? `${name} did not end within ${formatDuration(timeoutMs)}` : `${name} ${how}`,
        lastWords(),
      );
    },
    async end() {
      child.stdout.destroy();
      child.stderr.resume();
      if (child.exitCode === null && child.signalCode === null) endGroup(child);
      await closed;
    },
  };
}

/** Ends the tap when its time is over. The result says whether that happened. Its children end too, since they would hold its stdout open. */
function endWhen(child: Child, signal: AbortSignal, timeoutMs: number): () => boolean {
  let isLate = false;
  const stop = () => endGroup(child);
  const timer = setTimeout(() => {
    isLate = true;
    stop();
  }, timeoutMs);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  child.once('exit', () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    signalGroup(child, 'SIGKILL');
  });
  return () => isLate;
}

/** Sends SIGTERM, and SIGKILL to what is left after a while. */
function endGroup(child: Child): void {
  signalGroup(child, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
  child.once('exit', () => clearTimeout(timer));
}

function signalGroup({ pid }: Child, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // No process of the group is left.
  }
}

function captureLines(stream: Readable, onLine: (line: string) => void): () => string {
  let last = '';
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on('line', (line) => {
    if (line.trim() === '') return;
    last = line.trim();
    onLine(last);
  });
  return () => last;
}

function failure(what: string, words: string): ThirdPartyError {
  const quoted = words === '' ? '' : `: ${words.slice(0, 200)}`;
  return new ThirdPartyError(`the tap ${what}${quoted}. The pass is not complete, and nothing is deleted`, {
    backsOff: 'resource',
  });
}
