import { ExitCode, StopError } from '../errors.ts';
import type { Streams } from './caller.ts';

/** The whole screen of a terminal, as long as it is open: what was there before comes back when it closes. */
export interface Screen extends Disposable {
  /** Replaces what is shown. Lines that do not fit are left out. */
  draw(lines: readonly string[]): void;
  /** Fires on `q`, and on Ctrl-C with the exit code of that. */
  readonly quit: AbortSignal;
}

// xterm's control sequences: the alternate screen (1049), the cursor (25), home, erase to the end of the line and of the screen.
const enter = '\x1b[?1049h\x1b[?25l';
const leave = '\x1b[?25h\x1b[?1049l';
const home = '\x1b[H';
const endOfLine = '\x1b[K';
const endOfScreen = '\x1b[J';

/** `clean` makes a line safe to write. `onResize` is called when the terminal has another size. */
export function openScreen({ stdin, stdout }: Streams, clean: (line: string) => string, onResize: () => void): Screen {
  const quit = new AbortController();
  const onKey = (keys: Buffer | string) => {
    const text = String(keys);
    if (text.includes('\x03')) quit.abort(new StopError(ExitCode.sigint));
    else if (/q/i.test(text)) quit.abort();
  };
  const hasKeys = stdin.isTTY === true && stdin.setRawMode !== undefined;
  if (hasKeys) {
    stdin.setRawMode?.(true);
    stdin.on('data', onKey);
    stdin.resume();
  }
  stdout.on('resize', onResize);
  stdout.write(enter);
  return {
    quit: quit.signal,
    draw(lines) {
      const shown = lines.slice(0, (stdout.rows ?? 24) - 1).map((line) => `${clean(line)}${endOfLine}\n`);
      stdout.write(`${home}${shown.join('')}${endOfScreen}`);
    },
    [Symbol.dispose]() {
      stdout.off('resize', onResize);
      if (hasKeys) {
        stdin.off('data', onKey);
        stdin.setRawMode?.(false);
        stdin.pause();
      }
      stdout.write(leave);
    },
  };
}
