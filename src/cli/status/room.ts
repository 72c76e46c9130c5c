import type { Paint } from '../terminal.ts';

/** Where the status is drawn. */
export interface Room {
  /** Infinite where it is not a terminal: lines are not broken. */
  readonly columns: number;
  /** How many lines there are; without it, as many as needed. */
  readonly rows?: number | undefined;
  readonly paint: Paint;
  /** Everything, however long it is. */
  readonly isWhole: boolean;
  /** How this program is started in a shell. */
  readonly command: string;
  /** The folder that a path is shown relative to. */
  readonly folder: string;
}
