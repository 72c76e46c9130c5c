import { sizeOf } from '../../change.ts';
import { formatDuration } from '../../duration.ts';
import type { Pause } from '../../pause.ts';
import type { ResourceSummary, Summary } from '../../run/summary.ts';
import { type Paint, plain, type Terminal } from '../terminal.ts';
import { changes, many } from './numbers.ts';
import { reportError } from './report-error.ts';

/** Prints what a run did: one line, then warnings and errors. With `--json` one document; with `--quiet` only warnings and errors. */
export function printSummary(summary: Summary, terminal: Terminal): void {
  if (terminal.isJson) {
    terminal.print(JSON.stringify(summary));
    return;
  }
  if (!terminal.isQuiet) printLine(summary, terminal);
  for (const warning of summary.warnings) terminal.log.warn(warning);
  for (const error of summary.errors) reportError(error, terminal);
}

/** With a log in JSON, the summary is a line of it: whoever collects the log gets what a person would read on stdout. */
function printLine(summary: Summary, { print, report, out, logFormat }: Terminal): void {
  if (logFormat === 'text') {
    print(summaryLine(summary, out));
    return;
  }
  const { errors: _errors, warnings: _warnings, name: _name, ...fields } = summary;
  const message = summaryLine(summary, plain);
  report(message, { level: 'info', message, ...fields });
}

function summaryLine(summary: Summary, out: Paint): string {
  const { outcome, name, resources, tookMs } = summary;
  const paint =
    outcome === 'failed' ? out.red : ['held', 'stopped', 'paused'].includes(outcome) ? out.yellow : out.green;
  return `${out.bold(name)} ${paint(outcome)}: ${wordsOf(summary, resources)} ${out.dim(`(${formatDuration(tookMs)})`)}`;

  function wordsOf(met: Summary, passes: readonly ResourceSummary[]): string {
    if (met.outcome === 'not-due') return 'nothing is due';
    if (met.outcome === 'paused' && met.pause) return pauseWords(met.pause);
    const parts = [
      met.outcome === 'throttled' ? 'no hit' : '',
      met.nextSlotInMs === null ? '' : `the next slot frees in ${formatDuration(met.nextSlotInMs)}`,
      met.pages > 0 ? `${changes(met.counts, out)} in ${many(met.records, 'record')}` : '',
      met.pages === 0 && sizeOf(met.counts) > 0 ? changes(met.counts, out) : '',
      met.rejected > 0 ? out.yellow(`${met.rejected} rejected`) : '',
      met.duplicates > 0 ? out.yellow(many(met.duplicates, 'duplicate')) : '',
      met.pages > 0 ? `${many(met.pages, 'page')}, ${many(met.hits, 'hit')}` : '',
      ...passes.filter(({ phase, pages }) => phase === 'walking' && pages > 0).map(passWords),
      met.isRelayPaused ? 'the stream is full' : '',
    ].filter(Boolean);
    return parts.length > 0 ? parts.join('; ') : 'nothing was written';
  }
}

function pauseWords({ until, who, reason }: Pause): string {
  const time = until === null ? 'until somebody resumes it' : `until ${until.toISOString()}`;
  return `no hit ${time}${reason === null ? '' : `: "${reason}"`} (by ${who})`;
}

function passWords({ resource, pass, pages, records }: ResourceSummary): string {
  return `pass ${pass} of ${resource} goes on after ${many(pages, 'page')} and ${many(records, 'record')}`;
}
