import type { HttpContext } from '../../../run/context.ts';
import type { RunDeps } from '../../../run/run.ts';
import type { Summary } from '../../../run/summary.ts';
import type { Telemetry } from '../../../telemetry/telemetry.ts';
import { tracedHttp } from '../../../telemetry/traced-http.ts';
import { tracedStream } from '../../../telemetry/traced-stream.ts';
import { tracedTarget } from '../../../telemetry/traced-target.ts';
import type { Span, Tracer } from '../../../tracer.ts';
import type { Terminal } from '../../terminal.ts';
import { telemetryOf } from './open-telemetry.ts';

export interface TracedRun {
  readonly sync: string;
  readonly adapter: string;
  readonly run: string;
  /** When the command began to take the lock. */
  readonly startedAt: number;
}

/** The trace of one run: a span `run`, and below it those of what the run works with. */
export class RunTrace {
  readonly #telemetry: Telemetry;
  readonly #span: Span;

  constructor(telemetry: Telemetry, { sync, adapter, run, startedAt }: TracedRun) {
    const attributes = { 'cronsync.sync': sync, 'cronsync.adapter': adapter, 'cronsync.run': run };
    this.#telemetry = telemetry;
    this.#span = telemetry.tracer.begin('run', { startedAt, attributes });
    this.#span.begin('lock', { startedAt }).end();
  }

  /** Null, with a warning, where traces cannot be recorded. */
  static async open(traced: TracedRun, terminal: Terminal): Promise<RunTrace | null> {
    const telemetry = await telemetryOf(terminal);
    return telemetry && new RunTrace(telemetry, traced);
  }

  /** The same, each part of which records what it does. */
  deps(deps: RunDeps): RunDeps {
    return tracedDeps(deps, this.#span);
  }

  end({ outcome, exitCode, hits, pages, records, errors: [error] }: Summary): void {
    this.#span.set({
      ...{ 'cronsync.outcome': outcome, 'cronsync.exit_code': exitCode, 'cronsync.hits': hits },
      ...{ 'cronsync.pages': pages, 'cronsync.records': records },
    });
    this.#span.end(error && new Error(error.message));
  }

  fail(error: unknown): void {
    this.#span.end(error);
  }

  /** Called when the lock is released: a collector that is slow keeps no run waiting. */
  flush(): Promise<void> {
    return this.#telemetry.flush();
  }
}

function tracedDeps(deps: RunDeps, run: Tracer): RunDeps {
  return {
    ...deps,
    stream: tracedStream(deps.stream, run),
    openTarget: async () => tracedTarget(await deps.openTarget(), run),
    async openThirdParty() {
      const third = await deps.openThirdParty();
      return {
        ...third,
        openHttp: (context) => tracedHttp((onLeave) => third.openHttp(noting(context, onLeave)), run),
      };
    },
  };
}

function noting(context: HttpContext, onLeave: () => void): HttpContext {
  const onHit = () => {
    context.run.onHit();
    onLeave();
  };
  return { ...context, run: { ...context.run, onHit } };
}
