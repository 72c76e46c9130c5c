import type { LogLevel } from '../log.ts';

/** What every command takes. */
export interface GlobalOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly logLevel?: LogLevel;
  readonly quiet?: boolean;
  /** False with `--no-color`. */
  readonly color?: boolean;
}

export interface RunFlags extends GlobalOptions {
  readonly dryRun?: boolean;
  readonly adapter?: string;
  readonly resource?: readonly string[];
  readonly full?: boolean;
  /** Milliseconds. */
  readonly wait?: number;
  readonly maxPages?: number;
  readonly allowMassDelete?: boolean;
  readonly heldExitCode?: number;
  readonly from?: string;
  readonly save?: string;
  readonly detailedExitcode?: boolean;
}
