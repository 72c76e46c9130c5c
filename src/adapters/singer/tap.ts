import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import type { AdapterContext } from '../../adapter.ts';
import { formatDuration } from '../../duration.ts';
import { ConfigError, messageOf, ThirdPartyError } from '../../errors.ts';
import { longestExcerpt, shortened } from '../../excerpt.ts';
import { checkProgram } from '../../program.ts';
import { captureLines } from '../../program-output.ts';
import type { TapFiles } from './files.ts';
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

type Child = ChildProcessWithoutNullStreams;

const graceMs = 5000;
/** A tap may log for as long as it runs. */
const outputLimits = { line: 8192, total: Number.POSITIVE_INFINITY };

/**
 * The shell that becomes the tap. $1 is the folder of the tap's files, or empty; the rest is the tap's command. Before that it
 * leaves a watcher behind, in the tap's process group, which reads its stdin: a pipe that only this process holds open. If this
 * process is killed, also with SIGKILL, the pipe ends: the watcher removes the files, whose config has secrets, and kills
 * the tap and its children.
 */
const watched = `exec 3<&0 </dev/null
( trap '' TERM HUP INT; read -r _ <&3; [ -z "$1" ] || rm -rf -- "$1"; kill -s KILL 0 ) >/dev/null 2>&1 &
shift; exec 3<&-; exec "$@"`;

/**
 * Starts a tap as the leader of a process group, so that its children end with it. It is ended when the signal fires or its
 * time is over. Throws `ConfigError` if it cannot be started; then it has not run.
 */
export async function startTap(
  command: readonly string[],
  files: Pick<TapFiles, 'args' | 'folder'>,
  surroundings: TapSurroundings,
  { signal, log }: AdapterContext,
): Promise<Tap> {
  const [program = ''] = command;
  const { timeoutMs } = surroundings;
  const child = await startWatched([...command, ...files.args], files.folder ?? '', surroundings);
  const name = basename(program);
  const closed = once(child, 'close');
  const lastWords = captureLines(child.stderr, outputLimits, (line) => log.info(`${name}: ${line}`));
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

async function startWatched(
  [program = '', ...args]: readonly string[],
  folder: string,
  { dir, env }: TapSurroundings,
): Promise<Child> {
  await checkProgram(program, { owner: `the tap ${program}`, dir, path: env.PATH ?? '' });
  const words = ['-c', watched, 'sh', folder, program, ...args];
  const child = spawn('/bin/sh', words, { cwd: dir, env, detached: true, stdio: 'pipe' });
  child.stdin.on('error', () => {});
  await once(child, 'spawn').catch((cause) => {
    throw new ConfigError(`the tap ${program} cannot be started: ${messageOf(cause)}; no hit was made`, { cause });
  });
  return child;
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

function failure(what: string, words: string): ThirdPartyError {
  const quoted = words === '' ? '' : `: ${shortened(words, longestExcerpt)}`;
  return new ThirdPartyError(`the tap ${what}${quoted}. The pass is not complete, and nothing is deleted`, {
    backsOff: 'resource',
  });
}
