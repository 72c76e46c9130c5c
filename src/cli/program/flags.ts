import type { LogLevel } from '../../log.ts';

/** What every command takes. */
export interface GlobalOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly logLevel?: LogLevel;
  readonly quiet?: boolean;
  /** False with `--no-color`. */
  readonly color?: boolean;
}

/** What every command takes that plans without writing. */
export interface PlanFlags extends GlobalOptions {
  readonly dryRun?: boolean;
  readonly resource?: readonly string[];
  readonly full?: boolean;
  /** Milliseconds. */
  readonly wait?: number;
  readonly maxPages?: number;
  readonly from?: string;
  readonly save?: string;
  readonly detailedExitcode?: boolean;
}

export interface SwapFlags extends PlanFlags {
  readonly to: string;
}

export interface RunFlags extends PlanFlags {
  readonly adapter?: string;
  readonly allowMassDelete?: boolean;
  readonly lockedExitCode?: number;
}
