import type { Listener } from '../../listener.ts';
import type { HttpContext } from '../../run/context.ts';
import type { RunDeps } from '../../run/run.ts';
import type { Summary } from '../../run/summary.ts';
import { openTelemetry, type Telemetry } from '../../telemetry/telemetry.ts';
import { tracedHttp } from '../../telemetry/traced-http.ts';
import { tracedListener } from '../../telemetry/traced-listener.ts';
import { tracedStream } from '../../telemetry/traced-stream.ts';
import { tracedTarget } from '../../telemetry/traced-target.ts';
import type { Span, Tracer } from '../../tracer.ts';
import { reportTelemetry } from '../output/report-error.ts';
import { readVersion } from '../package.ts';
import type { Terminal } from '../terminal.ts';

/** Loads OpenTelemetry. Null, with a warning, if it cannot be used: nothing depends on it. */
export async function telemetryOf(terminal: Terminal): Promise<Telemetry | null> {
  const { log, mask, caller } = terminal;
  try {
    return await openTelemetry({ env: caller.env, version: readVersion(), mask, log });
  } catch (error) {
    reportTelemetry(error, terminal);
    return null;
  }
}

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

export function tracedListeners(listeners: ReadonlyMap<string, Listener>, tracer: Tracer): Map<string, Listener> {
  return new Map([...listeners].map(([name, listener]) => [name, tracedListener(listener, name, tracer)]));
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
