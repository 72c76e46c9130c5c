import type { Readable } from 'node:stream';

/** How much of what a program writes to one stream is kept, in characters. */
export interface OutputLimits {
  /** Of one line. The rest of the line is dropped. */
  readonly line: number;
  /** Of all lines together. What comes later is read and dropped. */
  readonly total: number;
}

/** Colours and other control sequences (ECMA-48 section 5.4). Linear: the classes exclude each other. */
const controlSequence = /\x1b\[[0-?]*[ -/]*[@-~]/g;

/** Calls `onLine` for each line of a stream that is not empty, without colours. The result returns the last of these lines. */
export function captureLines(stream: Readable, limits: OutputLimits, onLine: (line: string) => void): () => string {
  const cutter = new LineCutter(limits, onLine);
  stream.setEncoding('utf8').on('data', (text: string) => cutter.add(text));
  stream.on('error', () => {});
  stream.once('close', () => cutter.end());
  return () => cutter.last;
}

class LineCutter {
  readonly #limits: OutputLimits;
  readonly #onLine: (line: string) => void;
  #begun = '';
  #left: number;
  #last = '';

  constructor(limits: OutputLimits, onLine: (line: string) => void) {
    this.#limits = limits;
    this.#onLine = onLine;
    this.#left = limits.total;
  }

  get last(): string {
    return this.#last;
  }

  add(text: string): void {
    if (this.#left === 0) return;
    const [first = '', ...more] = text.slice(0, this.#left).split(/\r?\n|\r/);
    this.#append(first);
    for (const part of more) {
      this.end();
      this.#append(part);
    }
    this.#left = Math.max(0, this.#left - text.length);
    if (this.#left > 0) return;
    this.end();
    this.#onLine('… the rest of its output is left out');
  }

  /** Reports the line that was begun. */
  end(): void {
    const { line: longest } = this.#limits;
    const whole = this.#begun.replace(controlSequence, '').trimEnd();
    this.#begun = '';
    if (whole === '') return;
    this.#last = whole.length > longest ? `${whole.slice(0, longest)}…` : whole;
    this.#onLine(this.#last);
  }

  /** One character more than is shown, so that it is known whether something was cut. */
  #append(text: string): void {
    this.#begun += text.slice(0, this.#limits.line + 1 - this.#begun.length);
  }
}
