import { ExitCode, StopError, SyncError } from '../errors.ts';
import { reportFailure } from './output/failure.ts';
import { parseCommandLine } from './program/program.ts';
import { openConsole } from './terminal.ts';

/**
 * From argv to exit code.
 *
 * 1. SIGINT and SIGTERM fire the one AbortSignal; a second one ends the process at once.
 * 2. The command line names a command; its module is loaded and run.
 * 3. What it throws is told; output is flushed; the process exits, whatever is still open.
 */
async function main(): Promise<void> {
  const stop = new AbortController();
  let stopCode: ExitCode | undefined;
  const stopWith = (code: ExitCode) => () => {
    if (stopCode !== undefined) process.exit(code);
    stopCode = code;
    stop.abort(new StopError(code));
  };
  process.on('SIGINT', stopWith(ExitCode.sigint));
  process.on('SIGTERM', stopWith(ExitCode.sigterm));
  // Whoever read our output is gone: there is nobody to talk to, but a lock to give back.
  process.stdout.on('error', () => stop.abort(new StopError(ExitCode.ok)));
  process.stderr.on('error', () => stop.abort(new StopError(ExitCode.ok)));

  const { code, isDaemon } = await runCommandLine(stop.signal);
  await flushed(process.stdout);
  await flushed(process.stderr);
  process.exit(isDaemon ? code : (stopCode ?? code));
}

async function runCommandLine(signal: AbortSignal): Promise<{ readonly code: number; readonly isDaemon: boolean }> {
  let console = await openConsole({}, process.env);
  let isDaemon = false;
  try {
    const command = await parseCommandLine(process.argv.slice(2));
    if (typeof command === 'number') return { code: command, isDaemon };
    isDaemon = command.isDaemon === true;
    console = await openConsole(command.options, process.env);
    return { code: await command.run(console, signal), isDaemon };
  } catch (error) {
    if (signal.aborted && (error instanceof StopError || !(error instanceof SyncError)))
      return { code: ExitCode.ok, isDaemon };
    return { code: reportFailure(error, console), isDaemon };
  }
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableLength === 0 || stream.destroyed) resolve();
    else stream.write('', () => resolve());
  });
}

void main();
