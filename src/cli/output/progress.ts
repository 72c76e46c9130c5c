import { formatDuration } from '../../duration.ts';
import type { Progress } from '../../progress.ts';
import type { Terminal } from '../terminal.ts';
import { count, many } from './numbers.ts';

const redrawMs = 100;

/** Shows on the terminal how far the run is, and counts down while it waits for a slot. */
export function showProgress(terminal: Terminal): Progress & Disposable {
  const { err } = terminal;
  const startedAt = performance.now();
  const pages = new Map<string, number>();
  let records = 0;
  let current = '';
  let drawnAt = 0;
  let countdown: NodeJS.Timeout | undefined;

  const draw = () => {
    const rate = Math.round(records / Math.max(0.001, (performance.now() - startedAt) / 1000));
    const page = `page ${(pages.get(current) ?? 0) + 1}`;
    terminal.show(`${err.cyan('▸')} ${current} ${page}  ${many(records, 'record')}  ${err.dim(`${count(rate)}/s`)}`);
    drawnAt = performance.now();
  };
  const stopWaiting = () => {
    clearInterval(countdown);
    countdown = undefined;
  };

  return {
    records(resource, taken) {
      stopWaiting();
      current = resource;
      records += taken;
      if (performance.now() - drawnAt >= redrawMs) draw();
    },
    page(resource, done) {
      current = resource;
      pages.set(resource, done);
      draw();
    },
    waiting(forMs) {
      stopWaiting();
      const until = performance.now() + forMs;
      const drawCountdown = () => {
        const left = Math.max(0, until - performance.now());
        terminal.show(
          `${err.cyan('◷')} the next slot frees in ${formatDuration(left)}  ${err.dim('Ctrl-C stops, and loses nothing')}`,
        );
      };
      if (!terminal.isInteractive) return;
      drawCountdown();
      countdown = setInterval(drawCountdown, 500);
      countdown.unref();
    },
    [Symbol.dispose]() {
      stopWaiting();
      terminal.show('');
    },
  };
}
