import type { ChangeCounts } from './change.ts';

/** What the target keeps of a run. It is written when the run starts, and replaced when the run ends. */
export interface RunRow {
  readonly run: string;
  /** `host:pid`. */
  readonly holder: string;
  readonly adapter: string;
  /** The release that ran. Absent from what release 0.1.0 has stored, as is everything optional. */
  readonly version?: string;
  readonly startedAt: Date;
  /** Null: it is running, or was killed. */
  readonly endedAt: Date | null;
  readonly outcome: string | null;
  readonly exitCode: number | null;
  readonly hits: number;
  readonly pages: number;
  readonly counts: ChangeCounts;
  readonly rejected: number;
  readonly error: string | null;
  readonly hint?: string | null;
  /** Hits by the HTTP status that answered them; `none`: no answer came. */
  readonly statuses?: Readonly<Record<string, number>>;
  /** What the run spent its time on, in order. What does not fit is added to the last phase of its kind. */
  readonly phases?: readonly RunPhase[];
  readonly resources?: readonly RunResource[];
  /** How long the run waited for slots. */
  readonly slotWaitMs?: number;
  readonly totals?: RunTotals;
}

/** All runs and hits of the sync up to the end of a run: a counter needs no row of a run that is forgotten. */
export interface RunTotals {
  /** By outcome. */
  readonly runs: Readonly<Record<string, number>>;
  /** By the HTTP status. */
  readonly hits: Readonly<Record<string, number>>;
}

export type PhaseName = 'lock' | 'relay' | 'slot' | 'fetch' | 'map' | 'commit' | 'delete' | 'verify';

export interface RunPhase {
  readonly phase: PhaseName;
  /** Null where it is for no resource in particular. */
  readonly resource: string | null;
  /** After the start of the run. */
  readonly atMs: number;
  readonly tookMs: number;
  /** Of what the phase deals with: hits, records, changes, events. */
  readonly count: number;
}

/** How far a run has come with one resource. */
export interface RunResource {
  readonly resource: string;
  readonly pass: number;
  /** The phase of the checkpoint. */
  readonly phase: string;
  /** What this run did, not the whole pass. */
  readonly pages: number;
  readonly records: number;
  readonly rejected: number;
  readonly counts: ChangeCounts;
  readonly error: string | null;
}

/** Which runs to read. */
export interface RunQuery {
  readonly limit: number;
  /** Started then or later. */
  readonly since?: Date;
  /** Started earlier than that. */
  readonly before?: Date;
  /** Null finds runs without an end. */
  readonly outcomes?: readonly (string | null)[];
}

/** How many runs had an outcome; null: without an end. */
export interface RunCount {
  readonly outcome: string | null;
  readonly count: number;
}

/** How many runs that started in one span of time had an outcome. */
export interface RunSpan extends RunCount {
  /** Where the span begins: a multiple of its length since the epoch. */
  readonly at: Date;
}
