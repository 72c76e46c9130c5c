import type { LogLevel } from '../../log.ts';
import type { HeldToken } from '../../permit.ts';
import type { LogFormat } from '../output/log-line.ts';

/** The flags of every command. */
export interface GlobalOptions {
  readonly config?: string;
  readonly envFile?: readonly string[];
  readonly json?: boolean;
  readonly logLevel?: LogLevel;
  readonly logFormat?: LogFormat;
  readonly quiet?: boolean;
  /** False with `--no-color`. */
  readonly color?: boolean;
}

/** The flags of every command that makes a plan. */
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
  readonly keep?: boolean;
}

export interface RunFlags extends PlanFlags {
  readonly adapter?: string;
  /** With `full`: compare every row. */
  readonly verify?: boolean;
  /** How many deletions a person permits; true without a number. */
  readonly allowMassDelete?: HeldToken | true;
  /** How many updates and empty values. */
  readonly allowMassUpdate?: HeldToken | true;
  /** Start over without asking, also on a terminal. */
  readonly yes?: boolean;
  readonly lockedExitCode?: number;
  readonly metricsFile?: string;
}

export interface VerifyFlags extends ActFlags {
  readonly resource?: readonly string[];
  readonly repair?: boolean;
  readonly sample?: number;
}

export interface StatusFlags extends GlobalOptions {
  readonly watch?: boolean;
  readonly all?: boolean;
  /** Milliseconds. */
  readonly maxAge?: number;
}

export interface EventsFlags extends GlobalOptions {
  readonly since?: string;
  readonly type?: readonly string[];
  readonly key?: string;
  readonly follow?: boolean;
}

export interface ActivityFlags extends GlobalOptions {
  readonly limit: number;
}

export interface ListRejectsFlags extends GlobalOptions {
  readonly resource?: string;
  readonly limit: number;
}

export interface ListenFlags extends GlobalOptions, PageFlags {
  readonly listener?: readonly string[];
  readonly http?: string;
  readonly web?: boolean;
  readonly drain?: boolean;
  readonly once?: boolean;
}

/** The flags of every command that serves the page. */
export interface PageFlags {
  readonly readOnly?: boolean;
  /** Names under which browsers reach it. */
  readonly host?: readonly string[];
}

export interface WebFlags extends GlobalOptions, PageFlags {}

/** The flags of every command whose act is noted. */
export interface ActFlags extends GlobalOptions {
  /** Why the person does it. */
  readonly reason?: string;
}

/** The flags of every command that asks before it acts. */
export interface ConfirmFlags extends ActFlags {
  readonly yes?: boolean;
}

export interface RewindFlags extends ConfirmFlags {
  readonly to: string;
}

export interface ForgetFlags extends ConfirmFlags {
  readonly resource?: readonly string[];
  readonly tables?: boolean;
}

export interface ApproveFlags extends ActFlags {
  readonly resource?: readonly string[];
  /** True without a number. */
  readonly deletes?: HeldToken | true;
  readonly updates?: HeldToken | true;
}

export interface ResumeFlags extends ActFlags {
  readonly listener?: string;
}

export interface PauseFlags extends ResumeFlags {
  /** Milliseconds. */
  readonly for?: number;
}

/** Which dead letters. */
export interface DeadFlags extends ActFlags {
  readonly listener?: string;
  readonly key?: string;
  /** Milliseconds. */
  readonly olderThan?: number;
}

export interface ListDeadFlags extends DeadFlags {
  readonly limit: number;
}

export interface DropDeadFlags extends DeadFlags, ConfirmFlags {}

/** How `cronsync init` writes the config. */
export const formats = ['json', 'yaml', 'ts'] as const;
export type ConfigFormat = (typeof formats)[number];

/** What starts the runs. */
export const schedules = ['cron', 'systemd', 'kubernetes'] as const;
export type Schedule = (typeof schedules)[number];

export interface InitFlags extends GlobalOptions {
  readonly from?: string;
  readonly url?: string;
  readonly openapi?: string;
  readonly airbyte?: string;
  readonly resource?: readonly string[];
  readonly records?: string;
  readonly key?: readonly string[];
  readonly include?: readonly string[];
  readonly changes?: string;
  readonly pageParam?: string;
  readonly auth?: string;
  readonly header?: readonly string[];
  readonly throttle?: readonly string[];
  readonly param?: readonly string[];
  readonly target?: string;
  readonly table?: string;
  readonly name?: string;
  readonly format?: ConfigFormat;
  readonly schedule?: Schedule;
  /** Ask nothing. */
  readonly yes?: boolean;
  readonly force?: boolean;
}
