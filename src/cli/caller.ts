import type { Readable, Writable } from 'node:stream';

/** Who calls a command line. Commands ask it for what is of the process, so that tests can call them in their own. */
export interface Caller {
  /** The folder that relative paths on the command line start from. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** The file that was started: hints show the command as it is typed here. */
  readonly script?: string;
  readonly terminal: Streams;
  /** Fires when the command is to stop: with a `StopError`, whose exit code is the command's, if it is not 0. */
  readonly signal: AbortSignal;
  /** Called when the work begins, after the lock was taken. */
  readonly keepHeapSmall?: () => void;
}

/** The three streams of a process. */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
