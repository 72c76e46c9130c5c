import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { bundles } from './child.ts';

/** What a person does at a terminal: as soon as it shows this text, after whatever the last step did. */
export interface TerminalStep {
  readonly until: string;
  /** Keys to press. */
  readonly send?: string;
  /** Columns and rows. */
  readonly resize?: readonly [columns: number, rows: number];
}

/** Gives a command a pseudo-terminal, takes the steps, and prints what arrived; ends with the exit code of the command. */
const script = `
import fcntl, json, os, pty, select, signal, struct, sys, termios
def size(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
steps, columns, rows = json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
pid, fd = pty.fork()
if pid == 0:
    size(0, columns, rows)
    os.execvp(sys.argv[4], sys.argv[4:])
written, seen = b'', 0
while True:
    select.select([fd], [], [])
    try:
        part = os.read(fd, 65536)
    except OSError:
        break
    if not part:
        break
    written += part
    while steps and steps[0]['until'].encode() in written[seen:]:
        step = steps.pop(0)
        seen = len(written)
        if 'resize' in step:
            size(fd, *step['resize'])
            os.kill(pid, signal.SIGWINCH)
        if 'send' in step:
            os.write(fd, step['send'].encode())
sys.stdout.buffer.write(written)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

/** Runs a command of the test bundle on a terminal of 80 columns and 24 rows. */
export function onPseudoTerminal(
  cwd: string,
  args: readonly string[],
  steps: readonly TerminalStep[],
): Promise<OnTerminal> {
  return runOnTerminal(cwd, [process.execPath, bundles.test, ...args], steps);
}

export interface OnTerminal {
  readonly written: string;
  readonly exitCode: number | null;
}

/** Runs any program on such a terminal. */
export async function runOnTerminal(
  cwd: string,
  command: readonly string[],
  steps: readonly TerminalStep[],
  more: NodeJS.ProcessEnv = {},
): Promise<OnTerminal> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn('python3', ['-c', script, JSON.stringify(steps), '80', '24', ...command], {
    cwd,
    env: { PATH, HOME, TERM: 'xterm-256color', ...more },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A step that never comes true fails its test, and leaves no shell behind.
    timeout: 50_000,
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [exitCode]: (number | null)[] = await once(child, 'close');
  return { written: Buffer.concat(chunks).toString(), exitCode: exitCode ?? null };
}
