import { formatDuration } from '../../duration.ts';
import type { Progress } from '../../progress.ts';
import type { Terminal } from '../terminal.ts';
import { count, many } from './numbers.ts';

const redrawMs = 100;
const countdownMs = 500;

/** Shows on the terminal how far the run is, in one line: the page it takes in, or what it waits for and for how long. */
export function showProgress(terminal: Terminal): Progress & Disposable {
  return new ProgressLine(terminal);
}

class ProgressLine implements Progress, Disposable {
  readonly #terminal: Terminal;
  readonly #pages = new Map<string, number>();
  #resource = '';
  #records = 0;
  #drawnAt = 0;
  /** Time that was not spent waiting: the rate is over this. */
  #workedMs = 0;
  #workingSince = performance.now();
  #countdown: NodeJS.Timeout | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#rest();
    this.#tick(performance.now());
  }

  records(resource: string, taken: number): void {
    this.#work();
    this.#resource = resource;
    this.#records += taken;
    if (performance.now() - this.#drawnAt >= redrawMs) this.#drawWork();
  }

  page(resource: string, done: number): void {
    this.#work();
    this.#resource = resource;
    this.#pages.set(resource, done);
    this.#drawWork();
  }

  waiting(forMs: number): void {
    if (!this.#terminal.isInteractive) return;
    this.#rest();
    const until = performance.now() + forMs;
    this.#drawWait(until);
    this.#tick(until);
  }

  [Symbol.dispose](): void {
    this.#rest();
    this.#terminal.show('');
  }

  #work(): void {
    if (this.#countdown === undefined) return;
    clearInterval(this.#countdown);
    this.#countdown = undefined;
    this.#workingSince = performance.now();
  }

  #rest(): void {
    if (this.#countdown === undefined) this.#workedMs += performance.now() - this.#workingSince;
    clearInterval(this.#countdown);
    this.#countdown = undefined;
  }

  /** Redraws the wait for a slot that frees then, and after that the wait for the answer. */
  #tick(until: number): void {
    if (!this.#terminal.isInteractive) return;
    this.#countdown = setInterval(() => this.#drawWait(until), countdownMs);
    this.#countdown.unref();
  }

  #drawWork(): void {
    const { err } = this.#terminal;
    const page = `page ${(this.#pages.get(this.#resource) ?? 0) + 1}`;
    const worked = this.#workedMs + performance.now() - this.#workingSince;
    this.#terminal.show(`${err.cyan('▸')} ${this.#resource} ${page}  ${this.#amount(worked)}`);
    this.#drawnAt = performance.now();
  }

  #amount(workedMs: number): string {
    const rate = Math.round(this.#records / Math.max(0.001, workedMs / 1000));
    return `${many(this.#records, 'record')}  ${this.#terminal.err.dim(`${count(rate)}/s`)}`;
  }

  #drawWait(until: number): void {
    const { err } = this.#terminal;
    const left = until - performance.now();
    const wait = left > 0 ? `next slot in ${formatDuration(left)}` : 'waiting for the third party';
    const done = [...this.#pages.values()].reduce((sum, pages) => sum + pages, 0);
    const progress = done > 0 ? `${many(done, 'page')}  ${this.#amount(this.#workedMs)}  ` : '';
    const hint = err.dim('Ctrl-C loses nothing');
    this.#terminal.show(`${err.cyan('◷')} ${wait}  ${progress}${hint}`);
  }
}
