import { type ChangeCounts, noChanges, sumCounts } from '../change.ts';
import type { BackOff } from '../checkpoint.ts';
import { formatDuration } from '../duration.ts';
import { ExitCode, IncompleteError, type ThrottledError } from '../errors.ts';
import type { PageTotals } from '../pass/page/page-intake.ts';
import type { Pass } from '../pass/pass.ts';
import type { Pause } from '../pause.ts';
import { heldTokenOf } from '../permit.ts';
import type { Relayed } from '../relay/relay.ts';
import type { RunRow } from '../run-row.ts';
import { ResourceWork } from './resource-work.ts';
import { endedRow, type RunStart, startedRow } from './row-of.ts';
import { type ErrorSummary, errorSummary, outcomeOf, type ResourceSummary, type Summary } from './summary.ts';
import type { Timeline } from './timeline.ts';

/** What is known of a run before it does anything. */
interface ReportedRun extends Omit<RunStart, 'startedAt'> {
  readonly name: string;
}

/** What a run does and meets, as it happens, and the summary of it at the end. */
export class RunReport {
  readonly #run: ReportedRun;
  readonly #startedAt: number;
  #passes: readonly Pass[] = [];
  #totals = { hits: 0, pages: 0, records: 0, rejected: 0, duplicates: 0, counts: noChanges };
  #relayed = 0;
  #isRelayPaused = false;
  #nextSlotInMs: number | null = null;
  #pause: Pause | null = null;
  #isHeld = false;
  #isOnlyIncomplete = true;
  #wasDue = false;
  #errors: ErrorSummary[] = [];
  #warnings: string[] = [];
  readonly #work = new ResourceWork();

  constructor(run: ReportedRun, startedAt: number) {
    this.#run = run;
    this.#startedAt = startedAt;
  }

  /** Pages that were taken so far. */
  get pages(): number {
    return this.#totals.pages;
  }

  /** The passes that the run works on. */
  get passes(): readonly Pass[] {
    return this.#passes;
  }

  /** Whether stream and database contradict each other: then nothing may be relayed. */
  get isAlarmed(): boolean {
    return this.#errors.some(({ exitCode }) => exitCode === ExitCode.bug);
  }

  /** The passes that the summary is about. */
  opened(passes: readonly Pass[]): void {
    this.#passes = passes;
  }

  hit(): void {
    this.#totals.hits += 1;
  }

  due(): void {
    this.#wasDue = true;
  }

  tookPage(resource: string, page: PageTotals): void {
    const { records, rejected, duplicates } = page;
    this.#work.tookPage(resource, page);
    this.#totals.pages += 1;
    this.#totals.records += records;
    this.#totals.rejected += rejected;
    this.#totals.duplicates += duplicates;
  }

  wrote(resource: string, counts: ChangeCounts): void {
    this.#work.wrote(resource, counts);
    this.#totals.counts = sumCounts(this.#totals.counts, counts);
  }

  relayed({ appended, outcome }: Relayed): void {
    this.#relayed += appended;
    this.#isRelayPaused = outcome === 'paused';
    if (this.#isRelayPaused)
      this.warn('the stream is full: the relay waits for the listeners, and the outbox holds the rest');
  }

  throttled(error: ThrottledError): void {
    this.#nextSlotInMs = error.waitMs;
    if (error.because !== null) this.warn(error.because);
    if (error.exitCode === ExitCode.ok) return;
    this.#isOnlyIncomplete = false;
    const changed = error.exitCode === ExitCode.credentials ? ' Changed credentials are tried at once.' : '';
    const hint = `The back-off ends in ${formatDuration(error.waitMs)}; no hit is made before that.${changed}`;
    this.#errors.push({ ...errorSummary(error), hint });
  }

  backingOff(resource: string, { until, cause }: BackOff, now: number): void {
    this.#wasDue = true;
    this.#isOnlyIncomplete = false;
    const hint = `No hit was made for ${resource}. A run in ${formatDuration(until - now)} or later tries again.`;
    this.#errors.push({ exitCode: cause.exitCode, message: cause.message, hint, resource });
    this.#work.failed(resource, cause.message);
  }

  paused(pause: Pause): void {
    this.#pause = pause;
  }

  held(warning: string): void {
    this.#isHeld = true;
    this.warn(warning);
  }

  warn(warning: string): void {
    if (!this.#warnings.includes(warning)) this.#warnings.push(warning);
  }

  /** Undefined: the run was stopped from outside, which is not an error. `resource`: it is about this one only. */
  met(error: unknown, resource?: string): void {
    if (error === undefined) return;
    const summary = { ...errorSummary(error), ...(resource !== undefined && { resource }) };
    if (resource !== undefined) this.#work.failed(resource, summary.message);
    if (!this.#errors.some(({ message }) => message === summary.message)) this.#errors.push(summary);
    this.#isOnlyIncomplete &&= error instanceof IncompleteError;
  }

  summary(now: number, stopCode: ExitCode | null): Summary {
    const { name, adapter, holder } = this.#run;
    const resources = this.#passes.flatMap(summaryOf);
    return {
      name,
      run: holder.run,
      adapter,
      ...this.#outcome(resources, stopCode),
      startedAt: new Date(this.#startedAt).toISOString(),
      tookMs: now - this.#startedAt,
      ...this.#totals,
      relayed: this.#relayed,
      isRelayPaused: this.#isRelayPaused,
      nextSlotInMs: this.#nextSlotInMs,
      pause: this.#pause,
      resources,
      errors: this.#errors,
      warnings: this.#warnings,
    };
  }

  /** The run's row in the target when it starts. */
  started(): RunRow {
    return startedRow(this.#start);
  }

  /** The run's row when it is over, as its summary has it. */
  row(endedAt: number, stopCode: ExitCode | null, timeline: Timeline): RunRow {
    const resources = this.#work.rows(this.#passes);
    return endedRow(this.#start, this.summary(endedAt, stopCode), { endedAt, timeline, resources });
  }

  get #start(): RunStart {
    return { ...this.#run, startedAt: this.#startedAt };
  }

  #outcome(resources: readonly ResourceSummary[], stopCode: ExitCode | null) {
    return outcomeOf({
      stopCode,
      errors: this.#errors,
      isOnlyIncomplete: this.#isOnlyIncomplete,
      isPaused: this.#pause !== null,
      isHeld: this.#isHeld,
      isThrottled: this.#nextSlotInMs !== null,
      pages: this.#totals.pages,
      isUnfinished: resources.some(({ phase }) => phase === 'walking' || phase === 'deleting'),
      wasDue: this.#wasDue,
    });
  }
}

function summaryOf({ resource, checkpoint, heldNames }: Pass): ResourceSummary[] {
  if (!checkpoint) return [];
  const { pass, phase, progress, held, heldEmptied: emptied = null, heldUpdates: updates = null } = checkpoint;
  const { pages, records } = progress;
  const heldTokens = {
    deletes: heldNames.deletes && heldTokenOf(heldNames.deletes),
    updates: heldNames.updates && heldTokenOf(heldNames.updates),
  };
  return [{ resource: resource.table.resource, pass, phase, pages, records, held, emptied, updates, heldTokens }];
}
